import { createServer } from 'node:net';
import { claim } from './run-folder.ts';

// Below the ephemeral range (32768 on Linux), or the kernel may give the port to an outgoing connection meanwhile.
const FIRST = 10_000;
const LAST = 32_000;

/**
 * A TCP port that nobody listens on, in either address family, given out once in a test run even to tests in
 * other processes: a port that was just in use may still have connections in TIME_WAIT or a client that reconnects.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (claim(`port-${port}`) && (await isFree(port))) return port;
  }
  throw new Error('no free port found');
}

export function isFree(port: number, host = '::'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'EAFNOSUPPORT' && host === '::' ? isFree(port, '0.0.0.0') : false);
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
