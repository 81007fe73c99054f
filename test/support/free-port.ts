import { closeSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

// Below the ephemeral range (32768 on Linux), or the kernel may give the port to an outgoing connection meanwhile.
const FIRST = 10_000;
const LAST = 32_000;

/**
 * A TCP port that nobody listens on, in either address family, given out once in a test run even to tests in
 * other processes: a port that was just in use may still have connections in TIME_WAIT or a client that reconnects.
 */
export async function freePort(): Promise<number> {
  const claims = claimFolder();
  for (let tries = 0; tries < 1_000; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (claim(join(claims, String(port))) && (await isFree(port))) return port;
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

// One folder a run, named by the process that started the workers; those of ended runs are cleared away.
function claimFolder(): string {
  const parent = '/tmp/tunnels-test-ports';
  const own = process.env['TUNNELS_TEST_RUN'] ?? String(process.ppid);
  mkdirSync(join(parent, own), { recursive: true });
  for (const name of readdirSync(parent))
    if (name !== own && !isAlive(Number(name))) rmSync(join(parent, name), { recursive: true, force: true });
  return join(parent, own);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function claim(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx'));
    return true;
  } catch {
    return false;
  }
}
