import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must } from './run.ts';
import { claim, runFolder } from './run-folder.ts';
import { until } from './until.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The argv that starts `tunnels`. */
export async function builtCommand(): Promise<string[]> {
  const installed = process.env['TUNNELS_TEST_BIN'];
  if (installed) return [installed];
  await buildOnce();
  return [process.execPath, `${root}dist/tunnels.js`];
}

// Test files run in processes of their own: the first one builds, the others wait for it.
async function buildOnce(): Promise<void> {
  const done = join(runFolder(), 'built');
  if (claim('build')) writeFileSync(done, await must(process.execPath, [`${root}test/tooling/build.mjs`]).then(() => 'ok', String));
  const outcome = await until(() => existsSync(done) && readFileSync(done, 'utf8'), { what: 'the build', withinMs: 60_000 });
  if (outcome !== 'ok') throw new Error(outcome);
}
