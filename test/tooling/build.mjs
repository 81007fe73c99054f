// Bundles bin/*.ts into dist/. Everything the command line needs at start is in the bundle, because loading some
// hundred small files costs more than running them; what is loaded late or has native parts stays a dependency.
import { build } from 'esbuild';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { licencesOf } from './licences.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const EXTERNAL = ['ssh2', 'cpu-features', 'conf', 'ora', '@napi-rs/keyring'];
const ENTRIES = ['tunnels', 'tunnels-supervisor', 'demo'];

// CommonJS packages in a bundle of ES modules call `require` for node's own modules; only their files need one.
const REQUIRE = `import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);\n`;

const entryPoints = ENTRIES.map((name) => join(root, 'bin', `${name}.ts`)).filter((file) => existsSync(file));
if (entryPoints.length === 0) throw new Error('nothing to build: bin/ has no entry');

// Built aside and renamed, so that a command started meanwhile finds either the old files or the new ones.
const cache = join(root, 'node_modules', '.cache');
await mkdir(cache, { recursive: true });
const fresh = await mkdtemp(join(cache, 'dist-'));
try {
  await bundle(fresh);
  await publish(fresh);
} catch (error) {
  // esbuild has printed its own errors, with their places.
  if (!error.errors) console.error(error);
  process.exitCode = 1;
} finally {
  await rm(fresh, { recursive: true, force: true });
  await rm(`${fresh}.old`, { recursive: true, force: true });
}

async function bundle(outdir) {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const { metafile } = await build({
    entryPoints,
    outdir,
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    chunkNames: 'chunks/[name]-[hash]',
    external: EXTERNAL,
    alias: { 'string-width': join(root, 'test', 'tooling', 'string-width.mjs') },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    define: { __TUNNELS_VERSION__: JSON.stringify(version) },
  });
  for (const file of Object.keys(metafile.outputs)) await finish(join(root, file));
  await writeFile(join(outdir, 'THIRD-PARTY-LICENSES.txt'), await licencesOf({ root, inputs: Object.keys(metafile.inputs) }));
  await chmod(outdir, 0o755);
}

async function finish(file) {
  const text = (await readFile(file, 'utf8')).replace(/^#!.*\n/, '');
  const needsRequire = /typeof require\b/.test(text);
  const isCommand = /^tunnels(-supervisor)?\.js$/.test(basename(file));
  await writeFile(file, `${isCommand ? '#!/usr/bin/env node\n' : ''}${needsRequire ? REQUIRE : ''}${text}`);
  if (isCommand) await chmod(file, 0o755);
}

async function publish(outdir) {
  const dist = join(root, 'dist');
  if (existsSync(dist)) await rename(dist, `${outdir}.old`);
  await rename(outdir, dist);
}
