import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { fail, ok, type Result } from '../model/result.ts';

/** A profile is written by hand: what is larger is something else. */
const MOST_BYTES = 1_000_000;

export type FileText = { readonly text: string; readonly sha256: string };
export type TextError = { readonly text: string; readonly line: number; readonly column: number };

/** A file's text and the hash (hex) of exactly the bytes that it was made from. */
export async function readText(file: string): Promise<Result<FileText, TextError>> {
  const bytes = await readBytes(file);
  return bytes.ok ? decode(bytes.value) : bytes;
}

async function readBytes(file: string): Promise<Result<Buffer, TextError>> {
  try {
    // Asked before it is opened: opening a named pipe would wait for a writer for ever.
    const { size, ...stats } = await statOf(file);
    if (!stats.isFile) return atStart('This is not a file. Name a profile, as in db-prod.yaml.');
    if (size > MOST_BYTES) return atStart(TOO_LARGE);
    const bytes = await readFile(file);
    return bytes.byteLength > MOST_BYTES ? atStart(TOO_LARGE) : ok(bytes);
  } catch (error) {
    return atStart(unreadable((error as NodeJS.ErrnoException).code ?? 'unknown'));
  }
}

async function statOf(file: string): Promise<{ size: number; isFile: boolean }> {
  const stats = await stat(file);
  return { size: stats.size, isFile: stats.isFile() };
}

const TOO_LARGE = `The file has more than ${MOST_BYTES / 1_000_000} MB, so it cannot be a profile.`;

function unreadable(code: string): string {
  if (code === 'ENOENT') return 'The file does not exist.';
  return code === 'EACCES' ? 'The file may not be read by you. Make it readable: chmod u+r' : `The file cannot be read (${code}).`;
}

const atStart = (text: string): Result<never, TextError> => fail({ text, line: 1, column: 1 });

function decode(bytes: Buffer): Result<FileText, TextError> {
  if (isUtf16(bytes)) return atStart('The file is in UTF-16. Save it as UTF-8.');
  try {
    // A UTF-8 byte order mark, as some editors write it, is dropped here.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return ok({ text, sha256: createHash('sha256').update(bytes).digest('hex') });
  } catch {
    return fail({ text: 'Here is a byte that is not UTF-8. Save the file as UTF-8.', ...firstBadByte(bytes) });
  }
}

const isUtf16 = (bytes: Buffer): boolean => (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);

function firstBadByte(bytes: Buffer): { line: number; column: number } {
  // What cannot be decoded becomes U+FFFD, so the first byte that does not survive the way there and back is it.
  const back = Buffer.from(bytes.toString('utf8'));
  const before = bytes
    .subarray(
      0,
      bytes.findIndex((byte, index) => back[index] !== byte),
    )
    .toString('utf8')
    .split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}
