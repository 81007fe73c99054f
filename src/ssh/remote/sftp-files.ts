import type { FileEntry, SFTPWrapper, Stats } from 'ssh2';
import { deferred } from '../../platform/deferred.ts';
import { Late, openSftpSession, type SftpFailure, type SftpGiven, within } from './sftp-session.ts';
import type { Remote } from './types.ts';

export type RemoteFileKind = 'file' | 'directory' | 'socket' | 'other';
export type RemoteStat = { readonly kind: RemoteFileKind; readonly uid: number; readonly mode: number; readonly size: number };

/** Files of an account, over SFTP (draft-ietf-secsh-filexfer-02). Null: the server refused, did not answer in time, or is gone. */
export interface SftpFiles {
  /** The text of a file. Files of /proc have no size, so it is read to its end; null as well where it is longer than `maxBytes`. */
  read(path: string, maxBytes: number): Promise<string | null>;
  /** Of the file itself, not of what a link points to. */
  lstat(path: string): Promise<RemoteStat | 'missing' | null>;
  /** The absolute path; `.` is the directory of the login. */
  realpath(path: string): Promise<string | null>;
  /** The names in a directory. */
  list(path: string): Promise<readonly string[] | null>;
  mkdir(path: string, mode: number): Promise<boolean>;
  /** Makes a new file; false where there is one. */
  create(path: string, text: string): Promise<boolean>;
  /** Takes the place of a file that is there (posix-rename@openssh.com, or a plain rename after an unlink). */
  rename(from: string, to: string): Promise<boolean>;
  /** Takes away a file or a socket, never a directory. */
  unlink(path: string): Promise<boolean>;
  close(): void;
}

export async function openSftpFiles(
  remote: Pick<Remote, 'sftp'>,
  given: SftpGiven,
): Promise<{ readonly ok: true; readonly files: SftpFiles } | { readonly ok: false; readonly why: SftpFailure }> {
  const opened = await openSftpSession(remote, given);
  return opened.ok ? { ok: true, files: new Files(opened.sftp, given) } : opened;
}

const CHUNK = 32 * 1024;
/** SSH_FX_NO_SUCH_FILE. */
const NO_SUCH_FILE = 2;

class Files implements SftpFiles {
  readonly #sftp: SFTPWrapper;
  readonly #given: SftpGiven;

  constructor(sftp: SFTPWrapper, given: SftpGiven) {
    this.#sftp = sftp;
    this.#given = given;
  }

  async read(path: string, maxBytes: number): Promise<string | null> {
    const handle = await this.#ask<Buffer>((done) => this.#sftp.open(path, 'r', done));
    if (!(handle instanceof Buffer)) return null;
    const text = await this.#readAll(handle, maxBytes);
    this.#sftp.close(handle, () => {});
    return text;
  }

  async #readAll(handle: Buffer, maxBytes: number): Promise<string | null> {
    const parts: Buffer[] = [];
    for (let size = 0; size <= maxBytes; ) {
      const part = await this.#ask<Buffer>((done) =>
        this.#sftp.read(handle, Buffer.alloc(CHUNK), 0, CHUNK, size, (error, count, data) =>
          // Some versions tell the end as an error (SSH_FX_EOF), some as nothing read.
          isEnd(error) ? done(undefined, Buffer.alloc(0)) : done(error ?? undefined, data?.subarray(0, count)),
        ),
      );
      if (!(part instanceof Buffer)) return null;
      if (part.length === 0) return Buffer.concat(parts).toString('utf8');
      parts.push(part);
      size += part.length;
    }
    return null;
  }

  async lstat(path: string): Promise<RemoteStat | 'missing' | null> {
    const stats = await this.#ask<Stats>((done) => this.#sftp.lstat(path, done));
    if (stats === NO_SUCH_FILE) return 'missing';
    return stats === null || typeof stats === 'number' ? null : statOf(stats);
  }

  async realpath(path: string): Promise<string | null> {
    const real = await this.#ask<string>((done) => this.#sftp.realpath(path, done));
    return typeof real === 'string' && real.startsWith('/') ? real : null;
  }

  async list(path: string): Promise<readonly string[] | null> {
    const entries = await this.#ask<FileEntry[]>((done) => this.#sftp.readdir(path, done));
    return Array.isArray(entries) ? entries.map(({ filename }) => filename) : null;
  }

  mkdir(path: string, mode: number): Promise<boolean> {
    return this.#done((done) => this.#sftp.mkdir(path, { mode }, done));
  }

  async create(path: string, text: string): Promise<boolean> {
    const handle = await this.#ask<Buffer>((done) => this.#sftp.open(path, 'wx', { mode: 0o600 }, done));
    if (!(handle instanceof Buffer)) return false;
    const data = Buffer.from(text);
    const written = await this.#done((done) => this.#sftp.write(handle, data, 0, data.length, 0, done));
    return (await this.#done((done) => this.#sftp.close(handle, done))) && written;
  }

  async rename(from: string, to: string): Promise<boolean> {
    if (await this.#done((done) => this.#posixRename(from, to, done))) return true;
    await this.unlink(to);
    return await this.#done((done) => this.#sftp.rename(from, to, done));
  }

  unlink(path: string): Promise<boolean> {
    return this.#done((done) => this.#sftp.unlink(path, done));
  }

  close(): void {
    this.#sftp.end();
  }

  #posixRename(from: string, to: string, done: Done<void>): void {
    try {
      this.#sftp.ext_openssh_rename(from, to, done);
    } catch (error) {
      // ssh2 throws where the server has not announced the extension.
      done(error as Error);
    }
  }

  #done(work: (done: Done<void>) => void): Promise<boolean> {
    return this.#ask<true>((done) => work((error) => done(error, true))).then((answer) => answer === true);
  }

  /** The answer, the number of the refusal (section 7), or null where there is none. */
  async #ask<T>(work: (done: Done<T>) => void): Promise<T | number | null> {
    const answer = deferred<T | number | null>();
    try {
      work((error, value) => answer.resolve(error ? refusalIn(error) : (value ?? null)));
      return await within(this.#given, answer.promise);
    } catch (error) {
      this.#given.signal.throwIfAborted();
      if (error instanceof Late) this.#sftp.end();
      return null;
    }
  }
}

type Done<T> = (error: Error | null | undefined, value?: T) => void;

const refusalIn = (error: Error & { code?: unknown }): number | null => (typeof error.code === 'number' ? error.code : null);

const isEnd = (error: (Error & { code?: unknown }) | null | undefined): boolean => error?.code === 1;

function statOf(stats: Stats): RemoteStat | null {
  const { mode, uid, size } = stats;
  if (![mode, uid].every(Number.isSafeInteger)) return null;
  const kind = stats.isSocket() ? 'socket' : stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
  return { kind, uid, mode: mode & 0o7777, size: Number.isSafeInteger(size) ? size : 0 };
}
