import { readFileSync } from 'node:fs';
import { background, type Background } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { makeNetwork, type Network } from '../support/namespaces.ts';
import { untilTunnel } from '../support/status.ts';
import { median } from './measure.ts';

/**
 * How long a remote port stays unusable after a silent network cut, from the network's return until the
 * server listens for a new session (or the old one goes on). Seen in the server's own socket table: to
 * connect to a stale listener would change what is measured.
 */
export async function main(): Promise<boolean> {
  const outages = (process.env['OUTAGES'] ?? '2,10,45').split(',').map(Number);
  const rounds = Number(process.env['ROUNDS'] ?? 3);
  const rows: string[] = [];
  for (const seconds of outages) {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await outage(tunnels, seconds));
      theirs.push(await outage(autossh, seconds));
    }
    rows.push(`  ${String(seconds).padStart(4)} s   ${show(ours).padEnd(30)} ${show(theirs)}`);
    process.stdout.write(`${rows.at(-1)}\n`);
  }
  process.stdout.write(
    `\nBound again after an outage (median, all), ms\n  outage   tunnels                        autossh, ServerAlive 5x3\n${rows.join('\n')}\n`,
  );
  return true;
}

type Setting = { readonly network: Network; readonly lab: Lab; readonly port: number };
type Client = { readonly name: string; start(setting: Setting): Promise<{ stop(): Promise<void> }> };

const LIMIT_MS = 40_000;
/** Shorter outages end no session of either tool; then it counts when a user of the port is served again. */
const PATIENCE_S = 5;

/** Milliseconds from the return of the network; Infinity when it took longer than the limit. */
async function outage(client: Client, seconds: number): Promise<number> {
  const network = await makeNetwork();
  const place = { netns: network.names.server, listen: network.addresses.server };
  const lab = await makeLab({ bastion: place, far: place, netns: network.names.client });
  const port = await freePort();
  const setting = { network, lab, port };
  const running = await client.start(setting);
  try {
    const before = listener(setting);
    await network.cut();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    await network.restore();
    return seconds < PATIENCE_S ? await answered(setting) : await boundAgain(setting, before);
  } finally {
    await running.stop();
    await lab.dispose();
    network.dispose();
  }
}

async function answered({ network, port }: Setting): Promise<number> {
  const start = performance.now();
  const greeting = await network.exec('server', ['sh', '-c', `nc -w 40 127.0.0.1 ${port} </dev/null | head -c 3`]);
  return greeting.stdout === 'SSH' ? performance.now() - start : Number.POSITIVE_INFINITY;
}

/** Until the port leads to the client again: a new listener, or the old one whose session has heard from its client. */
async function boundAgain(setting: Setting, before: string | null): Promise<number> {
  const start = performance.now();
  for (;;) {
    const now = listener(setting);
    const took = performance.now() - start;
    if (now !== null && (now !== before || (await heardSince(setting, took)))) return performance.now() - start;
    if (took > LIMIT_MS) return Number.POSITIVE_INFINITY;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Whether every session's connection has received something in the last so many ms (`lastrcv` of ss(8)). */
async function heardSince({ network, lab }: Setting, ms: number): Promise<boolean> {
  const ss = await network.exec('server', ['ss', '-tinH', 'state', 'established', `( sport = :${lab.bastion.port} )`]);
  const ages = [...ss.stdout.matchAll(/lastrcv:(\d+)/g)].map((match) => Number(match[1]));
  return ages.length > 0 && ages.every((age) => age < ms);
}

/** The inode of the socket that listens on the port in the server's namespace. */
function listener({ lab, port }: Setting): string | null {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const row = readFileSync(`/proc/${lab.bastion.pid()}/net/tcp`, 'utf8').match(
    new RegExp(`^\\s*\\d+: \\S+:${hex} \\S+:0000 0A (?:\\S+ ){3}\\s*(?:\\d+\\s+){2}(\\d+)`, 'm'),
  );
  return row?.[1] ?? null;
}

const tunnels: Client = {
  name: 'tunnels',
  async start({ lab, port }) {
    lab.profile('bench', [`{ remote: ${port}, to: "${lab.bastion.host}:${lab.bastion.port}" }`], {
      hops: lab.oneHop,
      more: 'keepalive: { interval: 5s, countMax: 3 }\n',
    });
    const up = await lab.cli.run(['up', 'bench']);
    if (up.code !== 0) throw new Error(up.stderr);
    await untilTunnel(lab.cli, 'bench', ({ state }) => state === 'up');
    return { stop: async () => {} };
  },
};

const autossh: Client = {
  name: 'autossh',
  async start({ network, lab, port }) {
    const { bastion, user, key, home } = lab;
    const options = [
      'ServerAliveInterval=5',
      'ServerAliveCountMax=3',
      'ExitOnForwardFailure=yes',
      `UserKnownHostsFile=${home.home}/.ssh/known_hosts`,
    ];
    const as = ['setpriv', '--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups'];
    const flags = ['-M', '0', '-N', ...options.flatMap((option) => ['-o', option]), '-i', key.path, '-p', String(bastion.port)];
    const forward = ['-R', `127.0.0.1:${port}:${bastion.host}:${bastion.port}`];
    const child: Background = background(
      'ip',
      ['netns', 'exec', network.names.client, ...as, 'autossh', ...flags, ...forward, `${user.name}@${bastion.host}`],
      { env: { PATH: process.env['PATH'], HOME: home.home, AUTOSSH_GATETIME: '0', AUTOSSH_POLL: '5' }, cwd: '/' },
    );
    while (listener({ network, lab, port }) === null) await new Promise((resolve) => setTimeout(resolve, 20));
    return { stop: () => child.stop() };
  },
};

const show = (values: readonly number[]): string => `${print(median(values))}  (${values.map(print).join(', ')})`;
const print = (value: number): string => (Number.isFinite(value) ? value.toFixed(0) : `> ${LIMIT_MS}`);
