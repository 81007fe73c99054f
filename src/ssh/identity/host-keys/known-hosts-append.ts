import { randomBytes } from 'node:crypto';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hashOfName, SALT_BYTES } from '../../../platform/known-host-names.ts';
import { typeOfKey } from './host-key.ts';

export type NewLine = {
  /** `host`, `[host]:port`, or the alias. */
  readonly name: string;
  /** Wire form. */
  readonly key: Buffer;
  /** HashKnownHosts. */
  readonly hash: boolean;
};

/**
 * Adds a key at the file's end, as OpenSSH writes it (hostfile.c, add_host_to_hostfile). A missing file is made, and the
 * one folder that it is in. Rejects with the system's error where that cannot be.
 */
export async function appendKnownHost(file: string, line: NewLine): Promise<void> {
  // One level only: `~/.ssh` may be missing, and anything above it is not ours to make.
  await mkdir(dirname(file), { mode: 0o700 }).catch(() => {});
  const handle = await open(file, 'a+', 0o600);
  try {
    const text = `${(await lacksNewline(handle)) ? '\n' : ''}${printKnownHost(line)}\n`;
    // In one write to a file that is open for appending, so that several writers never tear each other's lines.
    await handle.write(Buffer.from(text, 'latin1'));
  } finally {
    await handle.close();
  }
}

export function printKnownHost({ name, key, hash }: NewLine): string {
  const lower = name.toLowerCase();
  return `${hash ? hashOfName(lower, randomBytes(SALT_BYTES)) : lower} ${typeOfKey(key)} ${key.toString('base64')}`;
}

async function lacksNewline(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return false;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== 0x0a;
}
