import { constants, type Stats } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import type { ParsedKey } from 'ssh2';
import type { KeyTrouble } from '../../../model/problems/login.ts';
import { publicKeyIn, readKeyText } from './key-format.ts';

/** A private key's file. With `trouble` it cannot be used itself, but an agent may hold its key. */
export type KeyFile = {
  readonly path: string;
  /** The wire form; null where neither the file nor its `.pub` tells it. */
  readonly publicKey: Buffer | null;
} & ({ readonly key: ParsedKey; readonly trouble: null } | { readonly key: null; readonly trouble: KeyTrouble });

/** Never rejects. The public half is looked for in the file first and then in `path.pub`, as ssh(1) does. */
export async function readKeyFile(path: string): Promise<KeyFile> {
  const read = await readText(path);
  if ('trouble' in read) return { path, publicKey: await publicHalf(path), key: null, trouble: read.trouble };
  const found = readKeyText(read.text);
  switch (found.is) {
    case 'private': {
      const publicKey = found.key.getPublicSSH();
      return read.tooOpen ? { path, publicKey, key: null, trouble: 'too-open' } : { path, publicKey, key: found.key, trouble: null };
    }
    case 'public':
      // IdentityFile may name the public half of a key that only the agent has (ssh_config(5)).
      return { path, publicKey: found.publicKey, key: null, trouble: 'not-a-key' };
    case 'security-key':
      return { path, publicKey: found.publicKey, key: null, trouble: 'security-key' };
    case 'encrypted':
      return { path, publicKey: found.publicKey ?? (await publicHalf(path)), key: null, trouble: read.tooOpen ? 'too-open' : 'encrypted' };
    case 'not-a-key':
      return { path, publicKey: await publicHalf(path), key: null, trouble: 'not-a-key' };
  }
}

const MAX_BYTES = 1_000_000;

export type Read = { readonly text: string; readonly tooOpen: boolean } | { readonly trouble: KeyTrouble };

/** The text of a plain file of no absurd size. Never rejects. */
export async function readText(path: string): Promise<Read> {
  try {
    // O_NONBLOCK: to open a named pipe would otherwise wait for its writer.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > MAX_BYTES) return { trouble: 'not-a-key' };
      return { text: await file.readFile('latin1'), tooOpen: isTooOpen(stats) };
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { trouble: code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unreadable' };
  }
}

/** As ssh(1), authfile.c: only a file of our own is looked at, since another's mode is not ours to mend. */
const isTooOpen = ({ uid, mode }: Stats): boolean => process.getuid?.() === uid && (mode & 0o077) !== 0;

async function publicHalf(path: string): Promise<Buffer | null> {
  return publicKeyIn(await readFile(`${path}.pub`, 'latin1').catch(() => ''));
}
