import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { listenersOnPath, listenersOnPort, type ListenRow } from './proc-net.ts';

/** Who listens at an address; only root sees the processes of others, so often the user is all that is known. */
export type Holder = { readonly pid: number | null; readonly command: string | null; readonly uid: number | null };

/** Who listens on a TCP port or a Unix socket's path of this machine; null where that cannot be found out. Never rejects. */
export async function holderOf(where: number | string): Promise<Holder | null> {
  try {
    if (process.platform === 'linux') return await holderByProc(where);
    return process.platform === 'win32' ? null : await holderByLsof(where);
  } catch {
    return null;
  }
}

/** `pid 123 (postgres)`, or what little is known. */
export function describeHolder(holder: Holder | null): string {
  if (holder === null) return 'another program';
  if (holder.pid === process.pid) return `another tunnel of yours (pid ${holder.pid})`;
  if (holder.pid !== null) return `pid ${holder.pid} (${holder.command ?? 'unknown'})`;
  return holder.uid === null ? 'another program' : `another program (its owner is uid ${holder.uid})`;
}

async function holderByProc(where: number | string): Promise<Holder | null> {
  return await holderOfSockets(typeof where === 'number' ? await rowsOfPort(where) : await rowsOfPath(where));
}

/** The first process that has one of these sockets, listening or not; null where there are none. Only for Linux. */
export async function holderOfSockets(all: readonly { readonly inode: string; readonly uid: number | null }[]): Promise<Holder | null> {
  // What is left of a connection in TIME_WAIT is no socket any more: its inode is 0 and its uid says nothing.
  const rows = all.filter(({ inode }) => inode !== '0');
  if (rows.length === 0) return null;
  const pid = await pidWithSocket(new Set(rows.map((row) => `socket:[${row.inode}]`)));
  return { pid, command: pid === null ? null : await commandOf(pid), uid: rows[0]?.uid ?? null };
}

async function rowsOfPort(port: number): Promise<ListenRow[]> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => content(`/proc/net/${name}`)));
  return tables.flatMap((table) => listenersOnPort(table, port));
}

async function rowsOfPath(path: string): Promise<{ inode: string; uid: null }[]> {
  return listenersOnPath(await content('/proc/net/unix'), path).map((inode) => ({ inode, uid: null }));
}

/** Walks /proc/PID/fd (proc_pid_fd(5)), one process after the other: there may be thousands. */
async function pidWithSocket(links: ReadonlySet<string>): Promise<number | null> {
  // The lowest first: of a server and the workers that it forked, it is the server.
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  for (const pid of pids.sort((a, b) => a - b)) if (await hasSocket(pid, links)) return pid;
  return null;
}

async function hasSocket(pid: number, links: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = await readdir(folder).catch(() => []);
  const found = await Promise.all(descriptors.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return found.some((link) => links.has(link));
}

const commandOf = async (pid: number): Promise<string | null> => commandIn(await content(`/proc/${pid}/cmdline`));

/** The program's name alone: arguments may hold secrets. Servers write a title over it (`sshd: /usr/sbin/sshd -D`). */
export function commandIn(cmdline: string): string | null {
  const [program = ''] = cmdline.split('\0');
  const name = program.startsWith('/') ? basename(program) : basename(program.split(/[\s:]/)[0] ?? '');
  return name === '' ? null : name.slice(0, 60);
}

const content = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** lsof(8) -F: one field a line, `p` pid, `c` command, `u` uid. */
async function holderByLsof(where: number | string): Promise<Holder | null> {
  const what = typeof where === 'number' ? [`-iTCP:${where}`, '-sTCP:LISTEN'] : ['--', where];
  const { stdout } = await promisify(execFile)('lsof', ['-nP', '-Fpcu', ...what], { timeout: 5_000 });
  return holderInLsof(stdout);
}

export function holderInLsof(output: string): Holder | null {
  const field = (letter: string): string | null => new RegExp(`^${letter}(.+)$`, 'm').exec(output)?.[1] ?? null;
  const [pid, uid] = [field('p'), field('u')];
  return pid === null ? null : { pid: Number(pid), command: field('c'), uid: uid === null ? null : Number(uid) };
}
