// Bundles bin/*.ts into dist/. Everything the command line needs at start is in the bundle, because loading some
// hundred small files costs more than running them; what is loaded late or has native parts stays a dependency.
import { build } from 'esbuild';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { licencesOf } from './licences.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const EXTERNAL = ['ssh2', 'cpu-features', 'ora', '@napi-rs/keyring'];
// Files of ours in place of what is bundled for nothing; each says why.
const INSTEAD = { 'string-width': 'string-width', 'ajv/dist/2020.js': 'no-ajv', 'ajv-formats': 'no-ajv' };
const ENTRIES = ['tunnels', 'tunnels-supervisor', 'demo'];
// One file, whose parts run only when they are wanted: many small ones take longer to find than to run.
const SCRIPT = 'command-line';

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
  const common = {
    outdir,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    external: EXTERNAL,
    alias: Object.fromEntries(Object.entries(INSTEAD).map(([name, file]) => [name, join(root, 'test', 'tooling', `${file}.mjs`)])),
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  };
  const define = { __TUNNELS_VERSION__: JSON.stringify(version) };
  const modules = await build({ ...common, define, entryPoints, splitting: true, format: 'esm', chunkNames: 'chunks/[name]-[hash]' });
  for (const file of Object.keys(modules.metafile.outputs)) await finish(join(root, file));
  const script = await build({
    ...common,
    define: { ...define, 'import.meta.url': 'moduleUrl' },
    // Few commands need it, and all would read it.
    external: [...EXTERNAL, 'conf'],
    entryPoints: [join(root, 'bin', `${SCRIPT}.ts`)],
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
  });
  await finishScript(join(outdir, `${SCRIPT}.cjs`));
  const inputs = [modules, script].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  await writeFile(join(outdir, 'THIRD-PARTY-LICENSES.txt'), await licencesOf({ root, inputs: [...new Set(inputs)] }));
  await chmod(outdir, 0o755);
}

async function finish(file) {
  const text = (await readFile(file, 'utf8')).replace(/^#!.*\n/, '');
  const needsRequire = /typeof require\b/.test(text);
  const isCommand = /^tunnels(-supervisor)?\.js$/.test(basename(file));
  await writeFile(file, `${isCommand ? '#!/usr/bin/env node\n' : ''}${needsRequire ? REQUIRE : ''}${text}`);
  if (isCommand) await chmod(file, 0o755);
}

/** `import()` is no more in a script whose compiled form is kept; src/platform/compiled-script.ts says what takes its place. */
async function finishScript(file) {
  const late = new RegExp(String.raw`\bimport\((?="(?:${[...EXTERNAL, 'conf'].join('|')})"\))`, 'g');
  const text = (await readFile(file, 'utf8')).replaceAll(late, 'importModule(');
  if (/\bimport\(/.test(text)) throw new Error(`${file} has an import() of its own`);
  await writeFile(file, text);
}

async function publish(outdir) {
  const dist = join(root, 'dist');
  if (existsSync(dist)) await rename(dist, `${outdir}.old`);
  await rename(outdir, dist);
}
