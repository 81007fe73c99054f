import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Cipher, Decipher } from '../../../src/ssh/data/inside.ts';

type CipherInfo = { readonly keyLen: number; readonly ivLen: number; readonly authLen: number };
type MacInfo = { readonly len: number };

/** What is used of ssh2's lib/protocol/crypto.js. */
type Crypto = {
  readonly CIPHER_INFO: Record<string, CipherInfo>;
  readonly MAC_INFO: Record<string, MacInfo>;
  createCipher(config: unknown): Cipher;
  createDecipher(config: unknown): Decipher & { decrypt(data: Buffer, at: number, length: number): unknown };
};

const { CIPHER_INFO, MAC_INFO, createCipher, createDecipher } = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as Crypto;

/** `isOurs`: the data path opens its packets itself. */
export type Kind = { readonly cipher: string; readonly mac: string | null; readonly isOurs: boolean };

export const CIPHER_KINDS: readonly Kind[] = [
  { cipher: 'aes128-gcm@openssh.com', mac: null, isOurs: true },
  { cipher: 'aes256-gcm@openssh.com', mac: null, isOurs: true },
  { cipher: 'chacha20-poly1305@openssh.com', mac: null, isOurs: true },
  { cipher: 'aes128-ctr', mac: 'hmac-sha2-256-etm@openssh.com', isOurs: true },
  { cipher: 'aes256-ctr', mac: 'hmac-sha2-512-etm@openssh.com', isOurs: true },
  { cipher: 'aes128-ctr', mac: 'hmac-sha1-96', isOurs: false },
  { cipher: 'aes128-ctr', mac: 'hmac-sha2-256', isOurs: false },
];

export type Pair = { readonly cipher: Cipher; readonly decipher: ReturnType<Crypto['createDecipher']>; readonly written: Buffer[] };

/** A cipher that writes to `written`, and the decipher of the same keys, each as ssh2 makes it after a key exchange. */
export function pairOf({ cipher, mac }: Kind, onPayload: (payload: Buffer) => void = () => {}): Pair {
  const info = CIPHER_INFO[cipher] as CipherInfo;
  const macInfo = mac === null ? undefined : (MAC_INFO[mac] as MacInfo);
  const [key, iv, macKey] = [bytes('key', info.keyLen), bytes('iv', info.ivLen), bytes('mac', macInfo?.len ?? 0)];
  const written: Buffer[] = [];
  const onWrite = (data: Buffer): void => void written.push(data);
  const outbound = { onWrite, seqno: 7, cipherInfo: info, cipherKey: key, cipherIV: Buffer.from(iv), macInfo, macKey };
  const inbound = { onPayload, seqno: 7, decipherInfo: info, decipherKey: key, decipherIV: Buffer.from(iv), macInfo, macKey };
  return { cipher: createCipher({ outbound }), decipher: createDecipher({ inbound }), written };
}

/** All packets of these payloads, as ssh2 writes them. */
export function sealedBySsh2({ cipher, written }: Pair, payloads: readonly Buffer[]): Buffer {
  for (const payload of payloads) {
    const packet = cipher.allocPacket(payload.length);
    packet.set(payload, 5);
    cipher.encrypt(packet);
  }
  return Buffer.concat(written.splice(0));
}

function bytes(what: string, count: number): Buffer {
  return createHash('sha512').update(what).digest().subarray(0, count);
}
