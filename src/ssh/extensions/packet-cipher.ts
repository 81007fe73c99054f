import { randomBytes } from 'node:crypto';
import { requireShape, UnknownSsh2 } from './guard.ts';
import { ssh2File } from './tables.ts';

/** A cipher as ssh2 uses it for the packets of a connection, with keys of chance, both ends of it here. */
export interface PacketCipher {
  /** Seals a packet with so many bytes and opens it again; throws where they do not come out. */
  roundTrip(bytes: number): void;
  free(): void;
}

/** By its name in SSH, of those that need no MAC. Throws UnknownSsh2. */
export async function openPacketCipher(name: string): Promise<PacketCipher> {
  const crypto = requireShape<Crypto>('crypto', ssh2File('./protocol/crypto.js'), {
    CIPHER_INFO: 'object',
    createCipher: 'function',
    createDecipher: 'function',
    init: 'object',
  });
  // Without its compiled part it takes Poly1305 from a module that is loaded meanwhile.
  await crypto.init;
  return pairOf(crypto, requireShape<CipherInfo>(`CIPHER_INFO.${name}`, crypto.CIPHER_INFO[name], { keyLen: 'number', ivLen: 'number' }));
}

function pairOf({ createCipher, createDecipher }: Crypto, info: CipherInfo): PacketCipher {
  const [key, iv] = [randomBytes(info.keyLen), randomBytes(info.ivLen)];
  const sealed: Buffer[] = [];
  let opened = 0;
  // Each counts in an IV of its own.
  const outbound = { seqno: 0, cipherInfo: info, cipherKey: key, cipherIV: Buffer.from(iv), onWrite: (part: Buffer) => sealed.push(part) };
  const inbound = {
    seqno: 0,
    decipherInfo: info,
    decipherKey: key,
    decipherIV: Buffer.from(iv),
    onPayload: (payload: Buffer) => void (opened += payload.length),
  };
  const out = requireShape<Out>('Cipher', createCipher({ outbound }), { allocPacket: 'function', encrypt: 'function', free: 'function' });
  const back = requireShape<Back>('Decipher', createDecipher({ inbound }), { decrypt: 'function', free: 'function' });
  const packetOf = packetsOf(out);
  return {
    roundTrip(bytes) {
      opened = 0;
      out.encrypt(packetOf(bytes));
      for (const part of sealed.splice(0)) back.decrypt(part, 0, part.length);
      if (opened !== bytes) throw new UnknownSsh2(`a packet of ${bytes} bytes came back with ${opened}`);
    },
    free() {
      out.free();
      back.free();
    },
  };
}

/** One packet for all of a size, as new each time: a new one for each of some hundred would leave the process 16 MB larger. */
function packetsOf(out: Out): (bytes: number) => Buffer {
  let made: { readonly bytes: number; readonly packet: Buffer; readonly asNew: Buffer } | null = null;
  return (bytes) => {
    if (made?.bytes !== bytes) {
      const packet = out.allocPacket(bytes);
      made = { bytes, packet, asNew: Buffer.from(packet) };
    }
    // Sealed and opened where it lies.
    made.asNew.copy(made.packet);
    return made.packet;
  };
}

/** What is used of ssh2's lib/protocol/crypto.js. */
type Crypto = {
  readonly CIPHER_INFO: Readonly<Record<string, unknown>>;
  readonly init: Promise<void>;
  createCipher(config: object): unknown;
  createDecipher(config: object): unknown;
};
type CipherInfo = { readonly keyLen: number; readonly ivLen: number };
type Out = { allocPacket(bytes: number): Buffer; encrypt(packet: Buffer): void; free(): void };
type Back = { decrypt(data: Buffer, from: number, to: number): unknown; free(): void };
