import type { Decipher, Inside } from './inside.ts';

/** More than any packet of a server that keeps to the maximum packet size we tell it; RFC 4253 section 6.1 asks for 35,000 at least. */
export const MOST_PACKET_BYTES = 136 * 1024;

/** A packet that cannot be: the stream is not what the server has sent, or no SSH server's at all. */
export class BadPacket extends Error {
  override readonly name = 'BadPacket';
}

/** Opens packets with a decipher of ssh2's native binding, in place. A new one for each decipher. */
export type Opener = {
  readonly decipher: Decipher;
  readonly macBytes: number;
  /** Of what follows the four bytes at `at`, without the MAC. The same answer each time until the packet is opened. */
  length(bytes: Buffer, at: number): number;
  /** Decrypts what `length` has measured. Throws where the MAC is wrong. */
  open(bytes: Buffer, at: number, length: number): void;
};

/** Null: not one that we know, or it has begun with a packet; ssh2's own parser goes on then. */
export function openerFor(protocol: Inside): Opener | null {
  const decipher = protocol._decipher as NativeDecipher;
  if (decipher._packet || typeof decipher._instance?.decrypt !== 'function') return null;
  switch (decipher.constructor.name) {
    case 'AESGCMDecipherBinding':
      return decipher._lenBytes === 0 ? new Gcm(decipher) : null;
    case 'ChaChaPolyDecipherBinding':
      return decipher._lenPos === 0 && typeof decipher._instance.decryptLen === 'function' ? new ChaChaPoly(decipher) : null;
    case 'GenericDecipherBinding':
      if (typeof decipher._macActualLen !== 'number') return null;
      return decipher._blockPos === 0 && decipher._macETM === true ? new EncryptThenMac(decipher) : null;
    default:
      return null;
  }
}

type NativeDecipher = Decipher & {
  readonly _packet: Buffer | null;
  readonly _instance: {
    decrypt(...args: unknown[]): void;
    decryptLen?(length: Uint8Array, sequence: number): number;
  };
  readonly _lenBytes?: unknown;
  readonly _lenPos?: unknown;
  readonly _blockPos?: unknown;
  readonly _macETM?: unknown;
  readonly _macActualLen?: number;
};

/** AES-GCM with the length in clear (RFC 5647 section 7.3). */
class Gcm implements Opener {
  readonly decipher: NativeDecipher;
  readonly macBytes = 16;
  constructor(decipher: NativeDecipher) {
    this.decipher = decipher;
  }

  length(bytes: Buffer, at: number): number {
    return checked(bytes.readUInt32BE(at), { least: 16, multiple: 16 });
  }

  open(bytes: Buffer, at: number, length: number): void {
    const end = at + 4 + length;
    this.decipher._instance.decrypt(bytes.subarray(at + 4, end), length, bytes.subarray(end, end + 16));
  }
}

/** chacha20-poly1305@openssh.com (OpenSSH's PROTOCOL.chacha20poly1305): the length is encrypted by itself. */
class ChaChaPoly implements Opener {
  readonly decipher: NativeDecipher;
  readonly macBytes = 16;
  #sequence = -1;
  #length = 0;
  constructor(decipher: NativeDecipher) {
    this.decipher = decipher;
  }

  length(bytes: Buffer, at: number): number {
    const { inSeqno: sequence, _instance: native } = this.decipher;
    if (this.#sequence !== sequence) {
      this.#length = checked(native.decryptLen?.(bytes.subarray(at, at + 4), sequence) ?? 0, { least: 8, multiple: 8 });
      this.#sequence = sequence;
    }
    return this.#length;
  }

  open(bytes: Buffer, at: number, length: number): void {
    const end = at + 4 + length;
    this.decipher._instance.decrypt(bytes.subarray(at + 4, end), bytes.subarray(end, end + 16), this.decipher.inSeqno);
  }
}

/** A MAC over what was encrypted, with the length in clear (OpenSSH's PROTOCOL, 1.5). */
class EncryptThenMac implements Opener {
  readonly decipher: NativeDecipher;
  readonly macBytes: number;
  constructor(decipher: NativeDecipher) {
    this.decipher = decipher;
    this.macBytes = decipher._macActualLen ?? 0;
  }

  length(bytes: Buffer, at: number): number {
    return checked(bytes.readUInt32BE(at), { least: 8, multiple: 8 });
  }

  open(bytes: Buffer, at: number, length: number): void {
    const end = at + 4 + length;
    const { _instance: native, inSeqno } = this.decipher;
    native.decrypt(bytes.subarray(at + 4, end), inSeqno, bytes.subarray(at, at + 4), bytes.subarray(end, end + this.macBytes));
  }
}

function checked(length: number, { least, multiple }: { least: number; multiple: number }): number {
  if (length < least || length > MOST_PACKET_BYTES || length % multiple !== 0) throw new BadPacket(`packet length ${length}`);
  return length;
}
