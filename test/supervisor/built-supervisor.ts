import { build, type Plugin } from 'esbuild';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Programs built for one test file, the supervisor's over fake tunnels; below node_modules, so that packages are found. */
export async function buildPrograms(entries: Readonly<Record<string, string>>): Promise<{ directory: string; remove: () => void }> {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, 'test-'));
  await build({
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, join(root, path)])),
    outdir: directory,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    outExtension: { '.js': '.mjs' },
    plugins: [fakeTunnels],
    logLevel: 'error',
  });
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

const fakeTunnels: Plugin = {
  name: 'fake-tunnels',
  setup: ({ onResolve }) => onResolve({ filter: /^\.\/tunnels\.ts$/ }, () => ({ path: join(root, 'test/supervisor/fake-tunnels.ts') })),
};
