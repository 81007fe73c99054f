import { createHash } from 'node:crypto';
import type { Hybrid, HybridKeys } from './hybrids.ts';
import { X25519_BYTES } from './kem/x25519.ts';
import type { Exchange, Protocol } from './protocol.ts';

/**
 * Makes ssh2's exchange by X25519 alone into a hybrid one: the messages are the same two, with both public values in each, and
 * the secret is a `string`, the hash of both secrets, where X25519 alone has a number.
 */
export function becomeHybrid(exchange: Exchange, { method, hash, protocol, take }: Given): void {
  const start = exchange.start;
  let ours: Ours | null = null;
  exchange.negotiated.kex = method;
  exchange.hashName = hash;
  exchange.generateKeys = () => {};
  exchange.convertPublicKey = (key) => key;
  exchange.getPublicKey = () => ours?.publicKey ?? Buffer.alloc(0);
  exchange.computeSecret = (theirs) => secretOf(ours, theirs, hash);
  exchange.start = () => {
    const begin = async (): Promise<void> => {
      ours = { ...(await take()) };
      // Meanwhile the connection may have come to its end.
      if (protocol._destruct !== undefined) start.call(exchange);
    };
    begin().catch((error: unknown) => protocol._onError(Object.assign(new Error(String(error)), { level: 'handshake' })));
  };
}

type Given = {
  readonly method: string;
  readonly hash: Hybrid['hash'];
  readonly protocol: Protocol;
  readonly take: () => Promise<HybridKeys>;
};

/** The secrets are used once, then forgotten: the exchange itself is kept by ssh2 until the next one. */
type Ours = Omit<HybridKeys, 'secrets'> & { secrets: HybridKeys['secrets'] | null };

/** An Error is given back, not thrown, as ssh2 expects it. */
function secretOf(ours: Ours | null, theirs: Buffer, hash: Hybrid['hash']): Buffer | Error {
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
