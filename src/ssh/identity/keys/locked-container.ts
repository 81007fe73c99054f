import { createDecipheriv } from 'node:crypto';
import { deriveKey } from './locked-kdf.ts';

/**
 * OpenSSH's PROTOCOL.key: the same key without its passphrase, as the text of such a file (`text`), or null where the
 * passphrase is not the one. Null in place of all: no such file, or one that is locked in a way that is not known here.
 */
export async function unlockContainer(text: string, passphrase: string, signal: AbortSignal): Promise<Unlocked | null> {
  const locked = readContainer(text);
  const cipher = locked && CIPHERS.get(locked.cipher);
  if (!locked || !cipher || locked.kdf !== 'bcrypt' || locked.salt === null) return null;
  const bytes = await deriveKey({ passphrase, salt: locked.salt, rounds: locked.rounds, length: cipher.key + cipher.iv }, signal);
  const plain = decrypt(locked.body, { cipher, bytes });
  if (plain === null || plain.length < 8 || plain.readUInt32BE(0) !== plain.readUInt32BE(4)) return { text: null };
  return { text: asText(locked.publicKeys, plain) };
}

type Unlocked = { readonly text: string | null };

type Cipher = { readonly name: string; readonly key: number; readonly iv: number; readonly tag: number };

const CIPHERS: ReadonlyMap<string, Cipher> = new Map([
  ...([128, 192, 256] as const).flatMap((bits): [string, Cipher][] => [
    [`aes${bits}-ctr`, { name: `aes-${bits}-ctr`, key: bits / 8, iv: 16, tag: 0 }],
    [`aes${bits}-cbc`, { name: `aes-${bits}-cbc`, key: bits / 8, iv: 16, tag: 0 }],
    [`aes${bits}-gcm@openssh.com`, { name: `aes-${bits}-gcm`, key: bits / 8, iv: 12, tag: 16 }],
  ]),
  // PROTOCOL.chacha20poly1305: the first half of the key is that of the data, the second that of packet lengths, which are not here.
  ['chacha20-poly1305@openssh.com', { name: 'chacha20', key: 64, iv: 0, tag: 16 }],
  ['3des-cbc', { name: 'des-ede3-cbc', key: 24, iv: 8, tag: 0 }],
]);

function decrypt(body: Buffer, { cipher, bytes }: { cipher: Cipher; bytes: Buffer }): Buffer | null {
  const isChaCha = cipher.name === 'chacha20';
  const key = bytes.subarray(0, isChaCha ? 32 : cipher.key);
  const iv = isChaCha ? CHACHA_BEGIN : bytes.subarray(cipher.key);
  const end = body.length - cipher.tag;
  try {
    const decipher = createDecipheriv(cipher.name as 'aes-256-gcm', key, iv).setAutoPadding(false);
    if (cipher.tag > 0 && !isChaCha) decipher.setAuthTag(body.subarray(end));
    return Buffer.concat([decipher.update(body.subarray(0, end)), decipher.final()]);
  } catch {
    return null;
  }
}

/** Block 1, little-endian, before a nonce of zeros; block 0 makes the key of the tag. The two check numbers tell a wrong passphrase. */
const CHACHA_BEGIN = Buffer.from([1, ...Array<number>(15).fill(0)]);

const [BEGIN, END] = ['-----BEGIN OPENSSH PRIVATE KEY-----', '-----END OPENSSH PRIVATE KEY-----'];
const MAGIC = Buffer.from('openssh-key-v1\0', 'latin1');

type Locked = {
  readonly cipher: string;
  readonly kdf: string;
  readonly salt: Buffer | null;
  readonly rounds: number;
  /** From the number of keys on, as it stands. */
  readonly publicKeys: Buffer;
  readonly body: Buffer;
};

function readContainer(text: string): Locked | null {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) return null;
  const bytes = Buffer.from(text.slice(begin + BEGIN.length, end), 'base64');
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const reader = new Reader(bytes, MAGIC.length);
  const [cipher, kdf, options] = [reader.string(), reader.string(), reader.string()];
  const from = reader.at;
  const count = reader.number();
  const keys = Array.from({ length: Math.min(count, 16) }, () => reader.string());
  const publicKeys = bytes.subarray(from, reader.at);
  const body = reader.string();
  if (!cipher || !kdf || !options || keys.includes(null) || body === null) return null;
  const parameters = new Reader(options, 0);
  const [salt, rounds] = [parameters.string(), parameters.number()];
  // A tag of an authenticated cipher follows outside of the length.
  return { cipher: String(cipher), kdf: String(kdf), salt, rounds, publicKeys, body: Buffer.concat([body, bytes.subarray(reader.at)]) };
}

class Reader {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  number(): number {
    if (this.at + 4 > this.#bytes.length) return 0;
    this.at += 4;
    return this.#bytes.readUInt32BE(this.at - 4);
  }

  string(): Buffer | null {
    const length = this.number();
    if (this.at + length > this.#bytes.length) return null;
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }
}

function asText(publicKeys: Buffer, plain: Buffer): string {
  const bytes = Buffer.concat([MAGIC, stringOf('none'), stringOf('none'), stringOf(''), publicKeys, stringOf(plain)]);
  return `${BEGIN}\n${bytes.toString('base64').replaceAll(/.{1,70}/g, '$&\n')}${END}\n`;
}

function stringOf(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
