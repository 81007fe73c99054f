import { ProblemError, problem } from '../model/problem.ts';

/** sun_path holds 108 bytes on Linux (unix(7)) and 104 on macOS and the BSDs, the closing zero among them. */
export const MAX_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;

/** Throws `socket-path-too-long`; Node would cut the path short without a word and listen elsewhere. */
export function checkSocketPath(path: string): void {
  if (process.platform === 'win32' || Buffer.byteLength(path) <= MAX_SOCKET_PATH) return;
  throw new ProblemError(problem('socket-path-too-long', { path, max: MAX_SOCKET_PATH }));
}
