import { readFileSync } from 'node:fs';
import type { TunnelSnapshot } from '../../src/model/snapshot.ts';
import type { Story } from '../../src/model/story.ts';
import { type Lab, makeLab } from './lab.ts';
import { makeNetwork, type Network } from './namespaces.ts';
import { run } from './run.ts';
import { untilTunnel } from './status.ts';

export type Up = { readonly tunnels: readonly TunnelSnapshot[] };
type AtEnd = (end: () => Promise<void> | void) => void;

/** A client, a router and a server with a real sshd, each in its own network namespace. */
export async function networkLab(config: readonly string[], atEnd: AtEnd): Promise<{ network: Network; lab: Lab }> {
  const network = await makeNetwork();
  atEnd(() => network.dispose());
  const there = { netns: network.names.server, listen: network.addresses.server };
  const lab = await makeLab({ bastion: { ...there, config }, far: there, netns: network.names.client });
  atEnd(() => lab.dispose());
  return { network, lab };
}

/** A tunnel whose link is given up after two or three seconds of silence. */
export const QUICK = 'keepalive: { interval: 1s, countMax: 2 }\n';

/** `tunnels up t` to its end, with the only tunnel's state; the exit code is the test's to judge. */
export async function up(
  { cli }: Pick<Lab, 'cli'>,
  ...args: string[]
): Promise<{ code: number | null; said: string; tunnel: TunnelSnapshot }> {
  const ran = await cli.run(['up', 't', '--json', ...args]);
  const tunnel = ran.json<Up>().tunnels[0];
  if (tunnel === undefined) throw new Error(`no tunnel: ${ran.stdout}${ran.stderr}`);
  return { code: ran.code, said: `${ran.stdout}${ran.stderr}`, tunnel };
}

export const down = async ({ cli }: Pick<Lab, 'cli'>): Promise<number | null> => (await cli.run(['down', 't'])).code;

export const isUp = (tunnel: TunnelSnapshot): boolean => tunnel.state === 'up';

export const untilUpAgain = ({ cli }: Pick<Lab, 'cli'>, from = 0): Promise<TunnelSnapshot> =>
  untilTunnel(cli, 't', (tunnel) => isUp(tunnel) && tunnel.reconnects > from);

export async function storyOf({ home }: Pick<Lab, 'home'>): Promise<Story> {
  const socket = `${home.tunnelsHome}/supervisor.sock`;
  const answer = await run('curl', ['-s', '--unix-socket', socket, 'http://tunnels/v1/tunnels/t/story']);
  return JSON.parse(answer.stdout) as Story;
}

/** The inode of whoever listens on 127.0.0.1 and the port, as that process's network namespace has it. */
export function listenerSeenBy(pid: number, port: number): string | null {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const row = new RegExp(`: 0100007F:${hex} \\S+ 0A (?:\\S+\\s+){5}(\\d+)`);
  return row.exec(readFileSync(`/proc/${pid}/net/tcp`, 'utf8'))?.[1] ?? null;
}

/** argv that runs as another user. */
export const as = ({ uid, gid }: { readonly uid: number; readonly gid: number }, argv: readonly string[]): string[] => [
  'setpriv',
  `--reuid=${uid}`,
  `--regid=${gid}`,
  '--clear-groups',
  ...argv,
];
