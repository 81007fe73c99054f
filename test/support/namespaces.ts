import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { type Background, background } from './child.ts';
import { type Layout, NFT, setUp, sweepLeftovers } from './namespaces-setup.ts';
import { send } from './proc.ts';
import { type Ran, type RunOptions, must, run } from './run.ts';

export type Place = 'client' | 'router' | 'server';

/** One TCP flow as the router sees it, by the port of its client or of its server. */
export type Flow = { readonly clientPort?: number; readonly serverPort?: number };

export type Network = {
  /** The namespaces' names, as `ip netns exec` takes them. */
  readonly names: Readonly<Record<Place, string>>;
  readonly addresses: { readonly server: string; readonly server6: string; readonly router: string };
  /** The client's present address. */
  clientAddress(): string;
  /** From now on the router drops all that passes, both ways: no reset, no ICMP, no link goes down. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  /** Drops one flow for good, both ways, until `restore`, and lets all else pass: in one step, so that nothing of it slips through after a cut. */
  dropFlow(flow: Flow): Promise<void>;
  /** The client gets another address, and loses the old one, as in another Wi-Fi; gives the new one. */
  changeClientAddress(): Promise<string>;
  /** The router hides the client behind its own address, as home routers do. */
  nat(how: 'on' | 'off'): Promise<void>;
  /** The router forgets every flow, as after its own restart (needs the `conntrack` tool). */
  forgetFlows(): Promise<void>;
  exec(place: Place, argv: readonly string[], options?: RunOptions): Promise<Ran>;
  spawn(place: Place, argv: readonly string[]): Background;
  dispose(): void;
};

/** client — router — server, each in its own network namespace, joined by veth pairs; root only. Cleans up at the process's end too. */
export async function makeNetwork(): Promise<Network> {
  await sweepLeftovers();
  const layout = namesOf(`tt${process.pid}-${randomBytes(2).toString('hex')}`);
  const dispose = disposer(layout);
  process.once('exit', dispose);
  try {
    await setUp(layout);
  } catch (error) {
    dispose();
    throw error;
  }
  return { ...layout, dispose, ...faults(layout), ...programs(layout) };
}

const namesOf = (run: string): Layout => ({
  names: { client: `${run}-c`, router: `${run}-r`, server: `${run}-s` },
  addresses: { server: '10.99.2.2', server6: 'fd99:2::2', router: '10.99.1.1' },
});

const inside = (name: string, args: readonly string[]): string[] => ['netns', 'exec', name, ...args];

function faults({ names }: Layout) {
  let host = 2;
  const nft = (rules: string): Promise<string> => must('ip', inside(names.router, ['nft', '-f', '-']), { input: `${rules}\n` });
  const client = (...args: string[]): Promise<string> => must('ip', ['-n', names.client, ...args]);
  return {
    clientAddress: () => `10.99.1.${host}`,
    cut: async () => void (await nft(NFT.dropAll)),
    restore: async () => void (await nft(NFT.dropNothing)),
    dropFlow: async (flow: Flow) => void (await nft(`${NFT.dropNothing}\n${dropRules(flow)}`)),
    nat: async (how: 'on' | 'off') => void (await nft(how === 'on' ? NFT.masquerade : NFT.noMasquerade)),
    forgetFlows: async () => void (await must('ip', inside(names.router, ['conntrack', '-F']))),
    async changeClientAddress() {
      await client('addr', 'del', `10.99.1.${host}/24`, 'dev', 'eth0');
      host += 1;
      await client('addr', 'add', `10.99.1.${host}/24`, 'dev', 'eth0');
      // The default route went with the old address.
      await client('route', 'replace', 'default', 'via', '10.99.1.1');
      return `10.99.1.${host}`;
    },
  };
}

function dropRules({ clientPort, serverPort }: Flow): string {
  const match = (from: number | undefined, to: number | undefined): string =>
    `meta l4proto tcp${from ? ` tcp sport ${from}` : ''}${to ? ` tcp dport ${to}` : ''} drop`;
  return [match(clientPort, serverPort), match(serverPort, clientPort)].map((rule) => `add rule inet faults forward ${rule}`).join('\n');
}

const programs = ({ names }: Layout) => ({
  exec: (place: Place, argv: readonly string[], options: RunOptions = {}) => run('ip', inside(names[place], argv), options),
  spawn: (place: Place, argv: readonly string[]) => background('ip', inside(names[place], argv)),
});

// Synchronous, since it also runs while the process ends.
function disposer({ names }: Layout): () => void {
  const dispose = (): void => {
    process.off('exit', dispose);
    for (const name of Object.values(names)) {
      const { stdout } = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' });
      for (const pid of stdout.split('\n').filter(Boolean)) send(Number(pid), 'SIGKILL');
      spawnSync('ip', ['netns', 'del', name]);
    }
  };
  return dispose;
}
