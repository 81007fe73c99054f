import { type Background, background } from '../../support/child.ts';
import { freePort } from '../../support/free-port.ts';
import { familyOf } from '../../support/proc.ts';
import { snapshot } from '../../support/status.ts';
import { until } from '../../support/until.ts';
import { timed } from '../measure.ts';
import type { Place } from './place.ts';
import { listensBeside } from './processes.ts';

/** How a tunnel goes. */
export type Way = { readonly hops: 1 | 2; readonly ciphers?: string };

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
  async open({ lab, target }, ways) {
    const ports = await Promise.all(ways.map(freePort));
    const names = ways.map((_, index) => `bench${index}`);
    for (const [index, { hops, ciphers }] of ways.entries()) {
      const more = ciphers === undefined ? '' : `sshOptions: ["Ciphers=${ciphers}"]\n`;
      const forward = `{ local: ${ports[index]}, to: "127.0.0.1:${target.port}" }`;
      lab.profile(`bench${index}`, [forward], { hops: hops === 1 ? lab.oneHop : lab.hops, more });
    }
    const tookMs = await timed(() => checked(lab.cli.run(['up', ...names])));
    const { supervisor } = await snapshot(lab.cli);
    const close = async (): Promise<void> => {
      await checked(lab.cli.run(['down', ...names]));
      await quiet(lab);
    };
    return { ports, tookMs, pids: () => familyOf(supervisor!.pid), close };
  },
};

export const ssh: Client = {
  name: 'ssh',
  async open(place, ways) {
    const ports = await Promise.all(ways.map(freePort));
    writeConfig(place);
    const started: Background[] = [];
    const tookMs = await timed(async () => {
      for (const [index, way] of ways.entries()) started.push(startSsh(place, { ...way, port: ports[index]! }));
      for (const [index, { pid }] of started.entries()) {
        await until(() => listensBeside(pid, ports[index]!), { what: 'ssh -L to listen', everyMs: 1 });
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

function writeConfig({ lab }: Place): void {
  const host = (name: string, { host: address, port }: { host: string; port: number }): string =>
    `Host ${name}\n  HostName ${address}\n  Port ${port}\n  IdentityFile ${lab.key.path}\n`;
  lab.home.write('.ssh/config', host('bench-bastion', lab.bastion) + host('bench-far', lab.far));
}

async function checked(command: Promise<{ code: number | null; stderr: string }>): Promise<void> {
  const { code, stderr } = await command;
  if (code !== 0) throw new Error(stderr);
}

const quiet = ({ bastion, far }: Place['lab']): Promise<unknown> =>
  until(() => bastion.sessions().length + far.sessions().length === 0, { what: 'the sessions to end' });
