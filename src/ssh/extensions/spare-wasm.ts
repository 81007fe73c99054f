import { createRequire } from 'node:module';
import { ssh2Path } from './tables.ts';

const COMPILED = './protocol/crypto/build/Release/sshcrypto.node';
const WASM = './protocol/crypto/poly1305.js';

/** What is used of a `require` of ssh2's main file. */
export type Load = Pick<NodeJS.Require, 'cache'> & ((path: string) => unknown) & { resolve(path: string): string };

/**
 * Keeps ssh2 from loading Poly1305 as WebAssembly, which it does at its start and uses only where its compiled part is
 * missing; 1.5 MB that a process would not lose again. Before ssh2's own files are loaded; without the compiled part all stays as it is.
 */
export function spareWasm(load: Load = createRequire(ssh2Path())): void {
  if (!loads(load, COMPILED)) return;
  const path = load.resolve(WASM);
  load.cache[path] ??= instead(path);
}

/** With what ssh2 calls at its start. */
function instead(path: string): NodeJS.Module {
  const init = () => Promise.resolve({ _malloc: () => 0, cwrap: () => unexpected });
  return Object.assign(Object.create(null), { id: path, filename: path, loaded: true, exports: init, children: [], paths: [] });
}

function unexpected(): never {
  throw new Error('ssh2 has its compiled part, and uses Poly1305 in WebAssembly');
}

function loads(load: Load, path: string): boolean {
  try {
    load(path);
    return true;
  } catch {
    return false;
  }
}
