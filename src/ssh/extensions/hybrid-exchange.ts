import { createHash } from 'node:crypto';
import type { Kem, KemKeys } from './kem/kem.ts';
import { makeX25519, X25519_BYTES } from './kem/x25519.ts';
import type { Exchange, Protocol } from './protocol.ts';

/** A post-quantum mechanism and X25519 together: the secret is safe as long as one of them is. */
export type Hybrid = {
  readonly hash: 'sha256' | 'sha512';
  /** Loaded only when a server wants it. */
  readonly load: () => Promise<Kem>;
};

/** By the name of the key exchange method, in OpenSSH's order of preference. */
export const HYBRIDS: ReadonlyMap<string, Hybrid> = new Map([
  // draft-ietf-sshm-mlkem-hybrid-kex
  ['mlkem768x25519-sha256', { hash: 'sha256', load: async () => (await import('./kem/mlkem768.ts')).mlkem768 }],
  // draft-ietf-sshm-ntruprime-ssh; the older name means the same
  ['sntrup761x25519-sha512', { hash: 'sha512', load: loadSntrup }],
  ['sntrup761x25519-sha512@openssh.com', { hash: 'sha512', load: loadSntrup }],
]);

async function loadSntrup(): Promise<Kem> {
  return (await import('./kem/sntrup761.ts')).sntrup761;
}

/**
 * Makes ssh2's exchange by X25519 alone into a hybrid one: the messages are the same two, with both public values in each, and
 * the secret is a `string`, the hash of both secrets, where X25519 alone has a number.
 */
export function becomeHybrid(exchange: Exchange, { method, hybrid, protocol }: Given): void {
  const start = exchange.start;
  let ours: Ours | null = null;
  exchange.negotiated.kex = method;
  exchange.hashName = hybrid.hash;
  exchange.generateKeys = () => {};
  exchange.convertPublicKey = (key) => key;
  exchange.getPublicKey = () => ours?.publicKey ?? Buffer.alloc(0);
  exchange.computeSecret = (theirs) => secretOf(ours, theirs, hybrid);
  exchange.start = () => {
    const begin = async (): Promise<void> => {
      ours = makeOurs(await hybrid.load());
      // Meanwhile the connection may have come to its end.
      if (protocol._destruct !== undefined) start.call(exchange);
    };
    begin().catch((error: unknown) => protocol._onError(Object.assign(new Error(String(error)), { level: 'handshake' })));
  };
}

type Given = { readonly method: string; readonly hybrid: Hybrid; readonly protocol: Protocol };

type Ours = {
  readonly publicKey: Buffer;
  readonly kem: Kem;
  /** Used once, then forgotten: the exchange itself is kept by ssh2 until the next one. */
  secrets: { readonly keys: KemKeys; readonly x25519: ReturnType<typeof makeX25519> } | null;
};

function makeOurs(kem: Kem): Ours {
  const keys = kem.makeKeys();
  const x25519 = makeX25519();
  return { publicKey: Buffer.concat([keys.publicKey, x25519.publicKey]), kem, secrets: { keys, x25519 } };
}

/** An Error is given back, not thrown, as ssh2 expects it. */
function secretOf(ours: Ours | null, theirs: Buffer, { hash }: Hybrid): Buffer | Error {
  if (!ours?.secrets) return new Error('the server answered before it was asked');
  const { kem, secrets } = ours;
  ours.secrets = null;
  if (theirs.length !== kem.cipherTextBytes + X25519_BYTES) return new Error(`the server answered with ${theirs.length} bytes`);
  try {
    const sealed = secrets.keys.decapsulate(theirs.subarray(0, kem.cipherTextBytes));
    const agreed = secrets.x25519.agree(theirs.subarray(kem.cipherTextBytes));
    return createHash(hash).update(sealed).update(agreed).digest();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
