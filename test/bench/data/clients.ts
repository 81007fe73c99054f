import { type Background, background } from '../../support/child.ts';
import { freePort } from '../../support/free-port.ts';
import { familyOf } from '../../support/proc.ts';
import { snapshot } from '../../support/status.ts';
import { until } from '../../support/until.ts';
import { timed } from '../measure.ts';
import type { Place } from './place.ts';
import { listensBeside } from './processes.ts';

/** How a tunnel goes. */
export type Way = {
  readonly hops: 1 | 2;
  readonly ciphers?: string;
  /** One hop by a name of its own, so that no other tunnel shares its connection. */
  readonly own?: number;
};

/** Tunnels that are up, each with one local forward to the target. */
export type Opened = {
  readonly ports: readonly number[];
  /** Until they listened. */
  readonly tookMs: number;
  /** The processes of the client side. */
  pids(): number[];
  close(): Promise<void>;
};

export type Client = { readonly name: 'tunnels' | 'ssh'; open(place: Place, ways: readonly Way[]): Promise<Opened> };

export const tunnels: Client = {
  name: 'tunnels',
  async open(place, ways) {
    const { lab } = place;
    const ports = await Promise.all(ways.map(freePort));
    const names = ways.map((_, index) => `bench${index}`);
    for (const [index, way] of ways.entries()) writeProfile(place, { ...way, name: names[index]!, port: ports[index]! });
    const tookMs = await timed(() => checked(lab.cli.run(['up', ...names])));
    const { supervisor } = await snapshot(lab.cli);
    const close = async (): Promise<void> => {
      await checked(lab.cli.run(['down', ...names]));
      await quiet(lab);
    };
    return { ports, tookMs, pids: () => familyOf(supervisor!.pid), close };
  },
};

/** The profile of one tunnel. */
export function writeProfile(
  { lab, target }: Place,
  { hops, ciphers, own, name, port }: Way & { readonly name: string; readonly port: number },
): void {
  const more = ciphers === undefined ? '' : `sshOptions: ["Ciphers=${ciphers}"]\n`;
  const way = own === undefined ? (hops === 1 ? lab.oneHop : lab.hops) : `hops: [own-${own}]\n`;
  lab.profile(name, [`{ local: ${port}, to: "127.0.0.1:${target.port}" }`], { hops: way, more });
}

// Servers refuse too many logins at a time (sshd_config(5), MaxStartups).
const AT_ONCE = 10;

export const ssh: Client = {
  name: 'ssh',
  async open(place, ways) {
    const ports = await Promise.all(ways.map(freePort));
    const started: Background[] = [];
    const tookMs = await timed(async () => {
      for (let from = 0; from < ways.length; from += AT_ONCE) {
        const few = ways.slice(from, from + AT_ONCE).map((way, index) => startSsh(place, { ...way, port: ports[from + index]! }));
        started.push(...few);
        for (const [index, { pid }] of few.entries()) await listening(pid, ports[from + index]!);
      }
    });
    const close = async (): Promise<void> => {
      await Promise.all(started.map((program) => program.stop()));
      await quiet(place.lab);
    };
    return { ports, tookMs, pids: () => started.flatMap(({ pid }) => familyOf(pid)), close };
  },
};

/** `ssh -N -L`, with -J for the first of two hops. */
function startSsh({ lab, netns, target }: Place, { hops, ciphers, port }: Way & { readonly port: number }): Background {
  const inside = netns === undefined ? [] : ['ip', 'netns', 'exec', netns];
  const as = ['setpriv', '--reuid', String(lab.user.uid), '--regid', String(lab.user.gid), '--clear-groups'];
  const how = ['-N', ...(ciphers === undefined ? [] : ['-c', ciphers]), '-L', `127.0.0.1:${port}:127.0.0.1:${target.port}`];
  const way = hops === 1 ? ['bench-bastion'] : ['-J', 'bench-bastion', 'bench-far'];
  const argv = [...inside, ...as, 'ssh', ...how, ...way];
  return background(argv[0]!, argv.slice(1), { cwd: '/', env: { PATH: process.env['PATH'] } });
}

const listening = (pid: number, port: number): Promise<unknown> =>
  until(() => listensBeside(pid, port), { what: 'ssh -L to listen', everyMs: 1 });

async function checked(command: Promise<{ code: number | null; stderr: string }>): Promise<void> {
  const { code, stderr } = await command;
  if (code !== 0) throw new Error(stderr);
}

const quiet = ({ bastion, far }: Place['lab']): Promise<unknown> =>
  until(() => bastion.sessions().length + far.sessions().length === 0, { what: 'the sessions to end' });
