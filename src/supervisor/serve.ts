import { lstatSync, unlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type ApiNeeds, createApi } from '../api/server.ts';
import { ProblemError, problem } from '../model/problem.ts';

export interface Served {
  /** From here on no new connection is accepted; those that are open go on. */
  stopAccepting(): void;
  /** Resolves when all are closed; `ending` of the API must have been aborted, or event streams are cut off. */
  close(): Promise<void>;
}

/** Serves the API at the socket. Only for the holder of the lock: a socket that is found there has no owner any more. */
export async function serve(needs: ApiNeeds, socket: string): Promise<Served> {
  const server = createServer(createApi(needs));
  removeLeftover(socket);
  await listen(server, socket);
  const closed = new Promise<void>((resolve) => server.on('close', resolve));
  let accepting = true;
  const stopAccepting = (): void => {
    if (accepting) server.close();
    accepting = false;
  };
  return {
    stopAccepting,
    async close() {
      stopAccepting();
      const cancel = needs.clock.after(LAST_ANSWERS_MS, () => server.closeAllConnections());
      await closed;
      cancel();
    },
  };
}

const LAST_ANSWERS_MS = 500;

/** The socket is made while only its owner may have any right to it; a chmod afterwards would leave a moment open. */
function listen(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(unusable(socket, error.code)));
    const before = process.umask(0o177);
    try {
      server.listen(socket, () => {
        server.removeAllListeners('error').on('error', () => {});
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

function removeLeftover(socket: string): void {
  if (process.platform === 'win32') return;
  const found = lstatSync(socket, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw unusable(socket, 'EEXIST');
  unlinkSync(socket);
}

const unusable = (path: string, code = 'unknown'): ProblemError => new ProblemError(problem('directory-unusable', { path, code }));
