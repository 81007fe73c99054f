import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ParsedKey } from 'ssh2';
import { parseKey } from '../../extensions/ssh2.ts';
import { readKeyText } from './key-format.ts';
import { unlockContainer } from './locked-container.ts';

/**
 * The private key in a file that a passphrase protects: OpenSSH's own format, PEM (RFC 1421) and PKCS#8 (RFC 5958).
 * Null when the passphrase is wrong or the file is none of these.
 */
export async function decryptKey(path: string, passphrase: string, signal: AbortSignal): Promise<ParsedKey | null> {
  const text = await readFile(path, 'latin1').catch(() => '');
  const opened = await unlockContainer(text, passphrase, signal);
  if (opened?.text === null) return null;
  const found = readKeyText(opened?.text ?? decryptPem(text, passphrase) ?? '');
  return found.is === 'private' ? found.key : parseBySsh2(text, passphrase);
}

/** As unencrypted PKCS#8, which is read like any key. */
function decryptPem(text: string, passphrase: string): string | null {
  try {
    return String(createPrivateKey({ key: text, passphrase }).export({ type: 'pkcs8', format: 'pem' }));
  } catch {
    return null;
  }
}

/** What is rare: PuTTY's format, old ciphers. */
function parseBySsh2(text: string, passphrase: string): ParsedKey | null {
  try {
    const key: ParsedKey | Error | readonly ParsedKey[] = parseKey(text, passphrase);
    const first = Array.isArray(key) ? (key[0] as ParsedKey | undefined) : (key as ParsedKey | Error);
    return first === undefined || first instanceof Error || !first.isPrivateKey() ? null : first;
  } catch {
    return null;
  }
}
