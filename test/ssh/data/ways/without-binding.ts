import { createRequire } from 'node:module';

type Loaders = { _extensions: Record<string, (module: unknown, path: string) => void> };

/*
 * For a test file's first import: ssh2 finds no native binding in this process, as where its compilation failed during
 * `npm install`.
 */
const { _extensions: loaders } = createRequire(import.meta.url)('node:module') as Loaders;
const load = loaders['.node'];
loaders['.node'] = (module, path) => {
  if (path.endsWith('sshcrypto.node')) throw new Error('hidden');
  load?.(module, path);
};
