// Writes the schemas in profiles/ anew: node test/tooling/write-schema.mjs
import { writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const { outputFiles } = await build({
  stdin: {
    contents: `
      export { profileSchema } from './src/profiles/schema.ts';
      export { overlaySchema } from './src/profiles/overlay/overlay-schema.ts';
      export { OVERLAY_SCHEMA_FILE, SCHEMA_FILE } from './src/profiles/modeline.ts';`,
    resolveDir: '.',
  },
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
});
const made = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
const write = (name, schema) => writeFile(`profiles/${name}`, `${JSON.stringify(schema, null, 2)}\n`);
await write(made.SCHEMA_FILE, made.profileSchema());
await write(made.OVERLAY_SCHEMA_FILE, made.overlaySchema());
