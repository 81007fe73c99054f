import { createCipheriv, createHash } from 'node:crypto';

/** What a run with NIST's generator gave, in wire form. */
export type Answer = Readonly<Record<'pk' | 'sk' | 'ct' | 'ss', Uint8Array>>;
export type Random = (count: number) => Uint8Array;

/** SHA-256 of the first record of NIST's known answers for a mechanism (PQCgenKAT), as `make` comes to it. */
export function knownAnswer(make: (random: Random) => Answer): string {
  const seed = nistRandom(Buffer.from(Array.from({ length: 48 }, (_, i) => i)))(48);
  const parts = make(nistRandom(Buffer.from(seed)));
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
  const lines = (['pk', 'sk', 'ct', 'ss'] as const).map((name) => `${name} = ${hex(parts[name])}\n`);
  return createHash('sha256')
    .update(`count = 0\nseed = ${hex(seed)}\n${lines.join('')}`)
    .digest('hex');
}

/** The generator of NIST's known answers (PQCgenKAT: AES-256 in counter mode, SP 800-90A, no derivation function). */
function nistRandom(seed: Buffer): Random {
  let key: Buffer = Buffer.alloc(32);
  let counter: Buffer = Buffer.alloc(16);
  const blocks = (count: number): Buffer => {
    const out: Buffer[] = [];
    for (let i = 0; i < count; i += 1) {
      const next = (BigInt(`0x${counter.toString('hex')}`) + 1n) & (2n ** 128n - 1n);
      counter = Buffer.from(next.toString(16).padStart(32, '0'), 'hex');
      out.push(createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(counter));
    }
    return Buffer.concat(out);
  };
  const update = (data?: Buffer): void => {
    const fresh = blocks(3).map((byte, i) => byte ^ (data?.[i] ?? 0)) as Buffer;
    key = Buffer.from(fresh.subarray(0, 32));
    counter = Buffer.from(fresh.subarray(32, 48));
  };
  update(seed);
  return (count) => {
    const bytes = blocks(Math.ceil(count / 16)).subarray(0, count);
    update();
    return bytes;
  };
}
