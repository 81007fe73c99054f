import { randomFillSync } from 'node:crypto';
import type { Cipher } from './inside.ts';

/** Where a payload lies in the packet around it (RFC 4253 section 6): after the packet's length and the padding's. */
export const PAYLOAD_AT = 5;
const LEAST_PADDING = 4;

/** Makes packets with a cipher of ssh2's native binding, in place. A new one for each cipher. */
export class Sealer {
  readonly #cipher: NativeCipher;
  readonly #block: number;
  /** Bytes at the start that the cipher does not pad. */
  readonly #clear: number;
  readonly #mac: number;
  readonly #macSent: number;

  constructor(cipher: NativeCipher, { block, clear, mac, macSent }: Frame) {
    this.#cipher = cipher;
    this.#block = block;
    this.#clear = clear;
    this.#mac = mac;
    this.#macSent = macSent;
  }

  /** Bytes of a whole packet while it is made; a shortened MAC leaves some of them unsent. */
  room(payloadBytes: number): number {
    return PAYLOAD_AT + payloadBytes + this.#padding(payloadBytes) + this.#mac;
  }

  /** Encrypts the packet whose payload lies at `at` + PAYLOAD_AT already. Returns the bytes to send. */
  seal(bytes: Buffer, at: number, payloadBytes: number): number {
    const cipher = this.#cipher;
    if (cipher._dead === true) return 0;
    const padding = this.#padding(payloadBytes);
    bytes.writeUInt32BE(PAYLOAD_AT - 4 + payloadBytes + padding, at);
    bytes[at + 4] = padding;
    const end = at + PAYLOAD_AT + payloadBytes;
    chance.fill(bytes, end, end + padding);
    cipher._instance.encrypt(bytes.subarray(at, end + padding + this.#mac), cipher.outSeqno);
    cipher.outSeqno = (cipher.outSeqno + 1) >>> 0;
    return end + padding + this.#macSent - at;
  }

  #padding(payloadBytes: number): number {
    const over = (PAYLOAD_AT - this.#clear + payloadBytes) & (this.#block - 1);
    const padding = this.#block - over;
    return padding < LEAST_PADDING ? padding + this.#block : padding;
  }
}

type Frame = { readonly block: number; readonly clear: number; readonly mac: number; readonly macSent: number };

type NativeCipher = Cipher & {
  readonly _instance: { encrypt(packet: Buffer, sequence: number): void };
  readonly _encBlockLen?: unknown;
  readonly _aadLen?: unknown;
  readonly _macLen?: unknown;
  readonly _macActualLen?: unknown;
};

/** Null: not one that we know; ssh2's own `encrypt` makes the packets then. */
export function sealerFor(cipher: Cipher): Sealer | null {
  const native = cipher as NativeCipher;
  if (typeof native._instance?.encrypt !== 'function') return null;
  switch (cipher.constructor.name) {
    case 'AESGCMCipherBinding':
      return new Sealer(native, { block: 16, clear: 4, mac: 16, macSent: 16 });
    case 'ChaChaPolyCipherBinding':
      return new Sealer(native, { block: 8, clear: 4, mac: 16, macSent: 16 });
    case 'GenericCipherBinding': {
      const { _encBlockLen: block, _aadLen: clear, _macLen: mac, _macActualLen: macSent } = native;
      if (typeof block !== 'number' || typeof clear !== 'number' || typeof mac !== 'number' || typeof macSent !== 'number') return null;
      return new Sealer(native, { block, clear, mac, macSent });
    }
    default:
      return null;
  }
}

/** Random bytes for padding, made many at a time: asking for eight at a time costs a tenth of the processor. */
class Chance {
  readonly #bytes = Buffer.allocUnsafeSlow(8_192);
  #used = this.#bytes.length;

  fill(target: Buffer, from: number, to: number): void {
    if (this.#used + to - from > this.#bytes.length) {
      randomFillSync(this.#bytes);
      this.#used = 0;
    }
    for (let i = from; i < to; i++) target[i] = this.#bytes[this.#used++] as number;
  }
}

const chance = new Chance();
