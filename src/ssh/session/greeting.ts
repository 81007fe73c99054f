import type { Duplex } from 'node:stream';

/** RFC 4253 section 4.2: other lines may come before the identification string, which begins with `SSH-`. */
const ENOUGH = 512;

/**
 * Keeps the first bytes that a server sends, to say what it is when it turns out not to be SSH.
 * The stream stays paused until its real reader resumes it.
 */
export function listenToGreeting(stream: Duplex) {
  let head = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]).subarray(0, ENOUGH);
    if (head.length === ENOUGH || isSsh()) stop();
  };
  const isSsh = (): boolean => /^SSH-/m.test(head.toString('latin1'));
  const stop = (): void => void stream.off('data', onData);
  stream.pause();
  stream.on('data', onData);
  return {
    isSsh,
    stop,
    /** The first line that came, without what could steer a terminal. */
    text: (): string => (head.toString('latin1').split(/\r?\n/, 1)[0] ?? '').replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 80),
  };
}
