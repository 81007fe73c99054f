import type { Kem, KemKeys } from './kem/kem.ts';
import { makeX25519 } from './kem/x25519.ts';

/** A post-quantum mechanism and X25519 together: the secret is safe as long as one of them is. */
export type Hybrid = {
  /** Methods of one mechanism differ in their names alone. */
  readonly mechanism: 'mlkem768' | 'sntrup761';
  readonly hash: 'sha256' | 'sha512';
  /** Loaded only when a server wants it. */
  readonly load: () => Promise<Kem>;
};

const MLKEM: Hybrid = { mechanism: 'mlkem768', hash: 'sha256', load: async () => (await import('./kem/mlkem768.ts')).mlkem768 };
const SNTRUP: Hybrid = { mechanism: 'sntrup761', hash: 'sha512', load: async () => (await import('./kem/sntrup761.ts')).sntrup761 };

/** By the name of the key exchange method, in OpenSSH's order of preference. */
export const HYBRIDS: ReadonlyMap<string, Hybrid> = new Map([
  // draft-ietf-sshm-mlkem-hybrid-kex
  ['mlkem768x25519-sha256', MLKEM],
  // draft-ietf-sshm-ntruprime-ssh; the older name means the same
  ['sntrup761x25519-sha512', SNTRUP],
  ['sntrup761x25519-sha512@openssh.com', SNTRUP],
]);

/** Our half of one exchange. */
export type HybridKeys = {
  readonly kem: Kem;
  readonly publicKey: Buffer;
  readonly secrets: { readonly keys: KemKeys; readonly x25519: ReturnType<typeof makeX25519> };
};

export async function makeHybridKeys({ load }: Hybrid): Promise<HybridKeys> {
  const kem = await load();
  const keys = kem.makeKeys();
  const x25519 = makeX25519();
  return { kem, publicKey: Buffer.concat([keys.publicKey, x25519.publicKey]), secrets: { keys, x25519 } };
}
