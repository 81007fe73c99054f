import { arch, cpus } from 'node:os';
import { hasNativeCrypto } from '../survey/native-crypto.ts';

/** What the speed of encryption depends on, in words; where they are the same, what was measured before still holds. */
export function machineKey(): string {
  const { openssl, modules } = process.versions;
  const by = hasNativeCrypto() ? 'compiled' : 'JavaScript';
  return [cpus()[0]?.model.trim() ?? '', arch(), `OpenSSL ${openssl}`, `Node ABI ${modules}`, by].join(', ');
}
