// Writes profiles/profile.schema.json anew: node test/tooling/write-schema.mjs
import { writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const { outputFiles } = await build({
  entryPoints: ['src/profiles/schema.ts'],
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
});
const { profileSchema } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
await writeFile('profiles/profile.schema.json', `${JSON.stringify(profileSchema(), null, 2)}\n`);
