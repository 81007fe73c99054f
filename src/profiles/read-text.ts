import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { fail, ok, type Result } from '../model/result.ts';

/** A profile is written by hand: what is larger is something else. */
const MOST_BYTES = 1_000_000;

export type FileText = { readonly text: string; readonly sha256: string };
/** `absent`: there is no such file. */
export type TextError = { readonly text: string; readonly line: number; readonly column: number; readonly absent: boolean };

/**
 * A file's text and the hash (hex) of exactly the bytes that it was made from. Not asynchronous: a thousand small files
 * are read in a tenth of the time that way, and nothing else goes on in a command that reads them.
 */
export function readText(file: string): Result<FileText, TextError> {
  const bytes = readBytes(file);
  return bytes.ok ? decode(bytes.value) : bytes;
}

function readBytes(file: string): Result<Buffer, TextError> {
  let handle: number | null = null;
  try {
    // Without O_NONBLOCK opening a named pipe would wait for a writer for ever.
    handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    // Asked of what is open, so that nothing can be put in its place meanwhile.
    const stats = fstatSync(handle);
    if (!stats.isFile()) return atStart('This is not a file. Name a profile, as in db-prod.yaml.');
    return stats.size > MOST_BYTES ? atStart(TOO_LARGE) : bytesOf(handle, stats.size);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return fail({ text: unreadable(code), line: 1, column: 1, absent: code === 'ENOENT' || code === 'ENOTDIR' });
  } finally {
    if (handle !== null) closeSync(handle);
  }
}

/** No more than a profile may have, also where the file grows while it is read. */
function bytesOf(handle: number, size: number): Result<Buffer, TextError> {
  const chunks: Buffer[] = [];
  for (let length = 0; length <= MOST_BYTES; ) {
    // One byte more than there should be: the second read then finds the end.
    const chunk = Buffer.allocUnsafe(size + 1);
    const bytesRead = readSync(handle, chunk, 0, chunk.byteLength, null);
    if (bytesRead === 0) return ok(Buffer.concat(chunks));
    chunks.push(chunk.subarray(0, bytesRead));
    length += bytesRead;
  }
  return atStart(TOO_LARGE);
}

const TOO_LARGE = `The file has more than ${MOST_BYTES / 1_000_000} MB, so it cannot be a profile.`;

function unreadable(code: string): string {
  if (code === 'ENOENT') return 'The file does not exist.';
  return code === 'EACCES' ? 'The file may not be read by you. Make it readable: chmod u+r' : `The file cannot be read (${code}).`;
}

const atStart = (text: string): Result<never, TextError> => fail({ text, line: 1, column: 1, absent: false });

function decode(bytes: Buffer): Result<FileText, TextError> {
  if (isUtf16(bytes)) return atStart('The file is in UTF-16. Save it as UTF-8.');
  try {
    // A UTF-8 byte order mark, as some editors write it, is dropped here.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return ok({ text, sha256: createHash('sha256').update(bytes).digest('hex') });
  } catch {
    return fail({ text: 'Here is a byte that is not UTF-8. Save the file as UTF-8.', ...firstBadByte(bytes), absent: false });
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
