import type { Readable } from 'node:stream';

const BYTES_KEPT = 2_000;
const LINES_SHOWN = 3;

/** Reads a stream to its end and keeps the last lines, without what could steer a terminal. */
export function lastWords(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-BYTES_KEPT);
  });
  stream.on('error', () => {});
  return () =>
    text
      .split(/[\r\n]+/)
      .map((line) => line.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, '?').trim())
      .filter((line) => line !== '')
      .slice(-LINES_SHOWN)
      .join('; ');
}
