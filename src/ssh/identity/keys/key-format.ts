import { createPrivateKey } from 'node:crypto';
import type { ParsedKey } from 'ssh2';
import { parseKey } from '../../extensions/ssh2.ts';
import { typeOfKey } from '../host-keys/host-key.ts';

/** What the text of a key file is. */
export type KeyText =
  | { readonly is: 'private'; readonly key: ParsedKey }
  /** The wire form of a public key or of a certificate. */
  | { readonly is: 'public'; readonly publicKey: Buffer }
  /** The handle of a key in a security key; only the agent can sign with it. */
  | { readonly is: 'security-key'; readonly publicKey: Buffer }
  /** `publicKey`: the wire form, where the format leaves it readable. */
  | { readonly is: 'encrypted'; readonly publicKey: Buffer | null }
  | { readonly is: 'not-a-key' };

/** Whether a key is encrypted is told by its format; ssh2 says so only in words. */
export function readKeyText(text: string): KeyText {
  const sealed = containerOf(text) ?? encryptionOf(text);
  if (sealed !== null) return sealed;
  const publicKey = publicKeyIn(text);
  if (publicKey !== null) return { is: 'public', publicKey };
  const key = parse(text) ?? parse(fromPkcs8(text));
  // OpenSSH has taken DSA out, and servers refuse it.
  if (key === null || key.type === 'ssh-dss') return { is: 'not-a-key' };
  return key.isPrivateKey() ? { is: 'private', key } : { is: 'public', publicKey: key.getPublicSSH() };
}

/** The key or certificate of a file that has one on a line, as ssh-keygen(1) writes `.pub` files: type, base64, comment. */
export function publicKeyIn(text: string): Buffer | null {
  const line = text.split('\n').find((one) => /^\s*[^\s#]/.test(one));
  const [, type, base64] = /^\s*([\w@.-]+)[ \t]+([A-Za-z0-9+/]+=*)(?:\s|$)/.exec(line ?? '') ?? [];
  if (type === undefined || base64 === undefined || type === 'ssh-dss') return null;
  const blob = Buffer.from(base64, 'base64');
  return typeOfKey(blob) === type ? blob : null;
}

function parse(text: string | Buffer | null): ParsedKey | null {
  if (text === null) return null;
  try {
    const key: ParsedKey | Error | readonly ParsedKey[] = parseKey(text);
    // One file in OpenSSH's format may hold several keys; ssh2 then gives a list, whatever its types say.
    const first = Array.isArray(key) ? (key[0] as ParsedKey | undefined) : (key as ParsedKey | Error);
    return first === undefined || first instanceof Error ? null : first;
  } catch {
    // Some damaged keys make ssh2's parser throw.
    return null;
  }
}

function containerOf(text: string): Extract<KeyText, { is: 'encrypted' | 'security-key' }> | null {
  const container = openSshContainer(text);
  if (container === null) return null;
  const { cipher, publicKey } = container;
  // Encrypted or not: what is in there is of no use without the security key.
  if (publicKey !== null && typeOfKey(publicKey)?.startsWith('sk-')) return { is: 'security-key', publicKey };
  return cipher === 'none' ? null : { is: 'encrypted', publicKey };
}

function encryptionOf(text: string): Extract<KeyText, { is: 'encrypted' }> | null {
  const asPem = /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED/m.test(text);
  const asPutty = text.startsWith('PuTTY-User-Key-File-') && !/^Encryption: none/m.test(text);
  return asPem || asPutty ? { is: 'encrypted', publicKey: null } : null;
}

const CONTAINER = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END OPENSSH PRIVATE KEY-----/;
const MAGIC = 'openssh-key-v1\0';

/** OpenSSH's PROTOCOL.key: magic, cipher, kdf, kdf options, number of keys, then the public keys in the clear. */
function openSshContainer(text: string): { readonly cipher: string; readonly publicKey: Buffer | null } | null {
  const bytes = Buffer.from(CONTAINER.exec(text)?.[1] ?? '', 'base64');
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return null;
  const cipher = stringAt(bytes, MAGIC.length);
  const kdf = cipher && stringAt(bytes, cipher.end);
  const options = kdf && stringAt(bytes, kdf.end);
  const publicKey = options && stringAt(bytes, options.end + 4);
  return cipher === null ? null : { cipher: cipher.value.toString('latin1'), publicKey: publicKey?.value ?? null };
}

function stringAt(bytes: Buffer, at: number): { readonly value: Buffer; readonly end: number } | null {
  if (at + 4 > bytes.length) return null;
  const end = at + 4 + bytes.readUInt32BE(at);
  return end > bytes.length ? null : { value: bytes.subarray(at + 4, end), end };
}

/** OpenSSH reads PKCS#8 (`BEGIN PRIVATE KEY`) and ssh2 does not; RSA and EC keys have an older form that both read. */
function fromPkcs8(text: string): string | null {
  if (!/^-----BEGIN PRIVATE KEY-----/m.test(text)) return null;
  try {
    const key = createPrivateKey(text);
    const type = ({ rsa: 'pkcs1', ec: 'sec1' } as const)[key.asymmetricKeyType as 'rsa' | 'ec'];
    return type === undefined ? null : String(key.export({ type, format: 'pem' }));
  } catch {
    return null;
  }
}
