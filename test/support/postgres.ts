import { chmodSync, chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { background } from './child.ts';
import { freePort } from './free-port.ts';
import { type Ran, isRoot, must, run } from './run.ts';
import { tempDir } from './temp-home.ts';

export type Postgres = {
  readonly port: number;
  /** Runs psql against any address, such as a tunnel's end: tuples only, unaligned. */
  psql(sql: string, at?: { readonly host?: string; readonly port?: number }): Promise<Ran>;
  stop(): Promise<void>;
};

/** A real PostgreSQL on a loopback port that trusts everyone, with an empty database `postgres`. */
export async function startPostgres(): Promise<Postgres> {
  const port = await freePort();
  const dir = tempDir('pg');
  const user = await serverUser();
  if (user) chownSync(dir, user.uid, user.gid);
  chmodSync(dir, 0o700);
  const data = join(dir, 'data');
  await must(program('initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'], {
    ...user,
    cwd: dir,
  });
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${dir}`, 'fsync=off'].flatMap((setting) => ['-c', setting]);
  const server = background(program('postgres'), ['-D', data, '-p', String(port), ...settings], { ...user, cwd: dir });
  await server.waitFor(/database system is ready to accept connections/);
  return {
    port,
    psql: (sql, at = {}) => psql(sql, { host: at.host ?? '127.0.0.1', port: at.port ?? port }),
    // SIGINT is its fast shutdown: connections are closed, not waited for (postgres(1)).
    stop: () => server.stop('SIGINT'),
  };
}

const psql = (sql: string, { host, port }: { host: string; port: number }): Promise<Ran> =>
  run('psql', ['-X', '-A', '-t', '-w', '-h', host, '-p', String(port), '-U', 'postgres', '-d', 'postgres', '-c', sql], {
    env: { ...process.env, PGCONNECT_TIMEOUT: '20' },
  });

// PostgreSQL refuses to run as root; Debian's package brings a user for it.
async function serverUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (!isRoot) return undefined;
  const [, , uid, gid] = (await must('getent', ['passwd', 'postgres'])).split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

function program(name: string): string {
  const parent = '/usr/lib/postgresql';
  const newest = readdirSync(parent).sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new Error(`no PostgreSQL in ${parent}`);
  return join(parent, newest, 'bin', name);
}
