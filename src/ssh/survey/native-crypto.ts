import { createRequire } from 'node:module';

/** Whether ssh2 encrypts by its compiled part; without it everything works, at about half the upload speed. */
export function hasNativeCrypto(): boolean {
  const { bindingAvailable } = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as { readonly bindingAvailable?: unknown };
  return bindingAvailable === true;
}
