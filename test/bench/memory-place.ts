import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Background, background } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { readLock } from '../../src/platform/lock-files.ts';

/** Tunnels, or the `ssh -N` of as many, that are up and idle. */
export type Idle = { readonly pids: readonly number[]; end(): Promise<void> };

/** `links`: whether each tunnel has a connection of its own, as to a host of its own, or all share one. */
export type Way = { readonly count: number; readonly links: 'own' | 'shared' };

/** A server that answers on every address of 127.0.0.0/8, each of which is a host of its own to its clients. */
export async function makePlace(): Promise<Lab> {
  const lab = await makeLab({ bastion: { listen: '0.0.0.0' } });
  appendFileSync(join(lab.home.home, '.ssh/known_hosts'), lab.bastion.knownHostsLine(`[127.0.*]:${lab.bastion.port}`));
  return lab;
}

const hostOf = (n: number, { links }: Way): string => (links === 'own' ? `127.0.1.${n + 1}` : '127.0.1.1');

/** How many begin at once: more only wait for each other. */
const AT_ONCE = 10;

export async function tunnels(lab: Lab, way: Way): Promise<Idle> {
  const port = await freePort();
  const names = Array.from({ length: way.count }, (_, n) => `m${n}`);
  for (const [n, name] of names.entries()) {
    const hops = `hops:\n  - { host: ${hostOf(n, way)}, port: ${lab.bastion.port}, user: ${lab.user.name}, identity: ${lab.key.path} }\n`;
    lab.profile(name, [`{ local: "127.0.2.${n + 1}:${port}", to: "localhost:5432" }`], { hops });
  }
  for (let n = 0; n < names.length; n += AT_ONCE) {
    const up = await lab.cli.run(['up', ...names.slice(n, n + AT_ONCE)]);
    if (up.code !== 0) throw new Error(up.stderr);
  }
  const supervisor = readLock(lab.home.tunnelsHome)?.holder?.pid;
  if (supervisor === undefined) throw new Error('no supervisor holds the lock');
  return { pids: [supervisor, parentOf(supervisor)], end: async () => void (await lab.cli.run(['supervisor', 'stop'])) };
}

export async function sshes(lab: Lab, way: Way): Promise<Idle> {
  const port = await freePort();
  const started: Background[] = [];
  for (let n = 0; n < way.count; n += 1) {
    started.push(ssh(lab, { host: hostOf(n, way), listen: `127.0.3.${n + 1}:${port}` }));
    if (started.length % AT_ONCE === 0) await Promise.all(started.map((each) => each.waitFor(/^listens$/m)));
  }
  await Promise.all(started.map((each) => each.waitFor(/^listens$/m)));
  return { pids: started.map(({ pid }) => pid), end: async () => void (await Promise.all(started.map((each) => each.stop()))) };
}

/** LocalCommand is run once the login is done and the forwards are bound (ssh_config(5)). */
function ssh({ bastion, home, key, user }: Lab, { host, listen }: { readonly host: string; readonly listen: string }): Background {
  const as = ['--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups'];
  const options = ['ExitOnForwardFailure=yes', 'PermitLocalCommand=yes', 'LocalCommand=echo listens'].flatMap((option) => ['-o', option]);
  const flags = ['-N', ...options, '-i', key.path, '-p', String(bastion.port), '-L', `${listen}:localhost:5432`];
  return background('setpriv', [...as, 'ssh', ...flags, `${user.name}@${host}`], { env: { HOME: home.home }, cwd: '/' });
}

const parentOf = (pid: number): number => field(pid, 'status', 'PPid');

/** What lies in memory of these processes, in MB: each alone, and with what several share counted once (proc(5)). */
export const memoryOf = (pids: readonly number[]): { readonly rss: number; readonly pss: number } => ({
  rss: sum(pids.map((pid) => field(pid, 'status', 'VmRSS') / 1024)),
  pss: sum(pids.map((pid) => field(pid, 'smaps_rollup', 'Pss') / 1024)),
});

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function field(pid: number, file: string, name: string): number {
  const text = readFileSync(`/proc/${pid}/${file}`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
}
