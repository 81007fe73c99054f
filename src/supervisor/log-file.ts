import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import { LOG_FILES, logFileName } from '../api/log-files.ts';

export interface LogFile {
  write(text: string): void;
  close(): Promise<void>;
}

/**
 * Text appended to `supervisor.log`, in five files of at most 5 MB. The log is the last thing that may bring
 * the supervisor down: after any error (disk full, directory gone) the text is dropped and the file opened anew
 * a little later.
 */
export function openLogFile(directory: string, now: () => number): LogFile {
  let stream: RotatingFileStream | null = null;
  let tryAt = 0;
  let checkAt = 0;

  const reopen = (): void => {
    tryAt = now() + REOPEN_MS;
    checkAt = now() + CHECK_MS;
    const opened = open(directory);
    stream = opened;
    opened.on('error', () => {
      if (stream === opened) stream = null;
    });
  };
  const leaveIfRemoved = (): void => {
    if (stream === null || now() < checkAt) return;
    checkAt = now() + CHECK_MS;
    if (existsSync(join(directory, LOG_FILES.current))) return;
    stream.end();
    stream = null;
    tryAt = 0;
  };

  return {
    write(text) {
      leaveIfRemoved();
      if (stream === null && now() >= tryAt) reopen();
      if (stream !== null && stream.writableLength < MAX_WAITING_BYTES) stream.write(text);
    },
    close: () => new Promise((resolve) => (stream === null ? resolve() : stream.on('error', () => resolve()).end(() => resolve()))),
  };
}

const REOPEN_MS = 5_000;
/** Somebody may remove the file under us; what is written then would be lost without a word. */
const CHECK_MS = 10_000;
const MAX_WAITING_BYTES = 1024 * 1024;

function open(directory: string): RotatingFileStream {
  const options = { path: directory, size: '5M', rotate: LOG_FILES.older, mode: 0o600 } as const;
  return createStream((age) => logFileName(typeof age === 'number' ? age : 0), options).on('warning', () => {});
}
