import { isAlive } from './proc.ts';
import { must, run } from './run.ts';

export type Layout = {
  readonly names: { readonly client: string; readonly router: string; readonly server: string };
  readonly addresses: { readonly server: string; readonly server6: string; readonly router: string };
};

/** The router's rules (nft(8)); each text is applied as one transaction. */
export const NFT = {
  tables: `table inet faults {
    chain forward {
      type filter hook forward priority 0; policy accept;
    }
  }
  table ip home {
    chain leaving {
      type nat hook postrouting priority 100; policy accept;
    }
  }`,
  dropAll: 'flush chain inet faults forward\nadd rule inet faults forward drop',
  dropNothing: 'flush chain inet faults forward',
  masquerade: 'flush chain ip home leaving\nadd rule ip home leaving oifname "server" masquerade',
  noMasquerade: 'flush chain ip home leaving',
};

export async function setUp({ names: { client, router, server } }: Layout): Promise<void> {
  for (const name of [client, router, server]) await must('ip', ['netns', 'add', name]);
  for (const name of [client, router, server]) await must('ip', ['netns', 'exec', name, 'sh', '-ec', NO_DAD]);
  await must('ip', ['link', 'add', 'eth0', 'netns', client, 'type', 'veth', 'peer', 'name', 'client', 'netns', router]);
  await must('ip', ['link', 'add', 'eth0', 'netns', server, 'type', 'veth', 'peer', 'name', 'server', 'netns', router]);
  await configure(router, [...address('client', { net: 1, host: 1 }), ...address('server', { net: 2, host: 1 })]);
  await configure(client, [...address('eth0', { net: 1, host: 2 }), ...routes(1)]);
  await configure(server, [...address('eth0', { net: 2, host: 2 }), ...routes(2)]);
  const forward = 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding';
  await must('ip', ['netns', 'exec', router, 'sh', '-ec', forward]);
  await must('ip', ['netns', 'exec', router, 'nft', '-f', '-'], { input: `${NFT.tables}\n` });
}

// Link-local addresses too are otherwise unusable for a second or two, while the kernel looks for their doubles.
const NO_DAD = 'for which in all default; do echo 0 >/proc/sys/net/ipv6/conf/$which/accept_dad; done';

const configure = (name: string, lines: readonly string[]): Promise<string> =>
  must('ip', ['-n', name, '-batch', '-'], { input: `${['link set lo up', ...lines].join('\n')}\n` });

const address = (dev: string, { net, host }: { net: number; host: number }): string[] => [
  `link set ${dev} up`,
  `addr add 10.99.${net}.${host}/24 dev ${dev}`,
  `addr add fd99:${net}::${host}/64 dev ${dev}`,
];

const routes = (net: number): string[] => [`route add default via 10.99.${net}.1`, `route add default via fd99:${net}::1`];

/** Removes the namespaces of test processes that were killed before they could. */
export async function sweepLeftovers(): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'list']);
  for (const [name, pid] of stdout.matchAll(/^tt(\d+)-[0-9a-f]{4}-[crs]/gm)) {
    if (!isAlive(Number(pid))) await run('ip', ['netns', 'del', name]);
  }
}
