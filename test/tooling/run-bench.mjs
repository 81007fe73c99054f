// npm run bench [name]: bundles the benchmarks with the test support they use and runs them one after the other.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const dir = mkdtempSync('node_modules/.bench-');
try {
  const outfile = join(dir, 'main.mjs');
  await build({
    entryPoints: ['test/bench/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    packages: 'external',
  });
  // It would add 75 ms to every start of Node 20 that is timed.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  process.exitCode = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit', env }).status ?? 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
