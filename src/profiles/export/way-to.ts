import { type Hop, type Profile, printHop } from '../../model/profile.ts';
import { type Remark, remark } from '../../model/remark.ts';
import { shellQuoted } from './shell-quoted.ts';

export type Way = { readonly args: readonly string[]; readonly destination: string; readonly notes: readonly Remark[] };

/** The options of ssh(1) that lead to a hop over those before it, and the hop itself. */
export function wayTo({ hops, ssh }: Profile, index: number): Way {
  const hop = hops[index] as Hop;
  const jumps = hops.slice(0, index);
  const keyed = jumps.filter(({ identity }) => identity.length > 0);
  const file = ssh.configFile === null ? [] : ['-F', ssh.configFile];
  const over =
    keyed.length > 0 ? ['-o', `ProxyCommand=${proxyCommand(jumps, file)}`] : jumps.length > 0 ? ['-J', jumps.map(jumpText).join(',')] : [];
  return {
    args: [...file, ...over, ...loginArgs(hop)],
    destination: destinationOf(hop),
    notes: keyed.length === 0 ? [] : [remark('export-jump-keys', { hosts: keyed.map(({ host }) => host).join(', ') })],
  };
}

/** After -J an IPv6 address stands in brackets, also without a port. */
const jumpText = (hop: Hop): string =>
  hop.port === null && hop.host.includes(':') ? printHop({ ...hop, host: `[${hop.host}]` }) : printHop(hop);

const destinationOf = ({ host, user }: Hop): string => printHop({ host, user, port: null });

const loginArgs = ({ identity, port }: Hop): string[] => [
  ...identity.flatMap((path) => (path.includes('%') ? ['-o', identityOption(path)] : ['-i', path])),
  ...(port === null ? [] : ['-p', String(port)]),
];

/** ssh fills in tokens in the path of a key, but looks for the file of -i before that: a percent sign goes through -o only. */
const identityOption = (path: string): string => `IdentityFile="${path.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll('%', '%%')}"`;

/** A shell runs it, and before that ssh fills in its tokens: at each level a percent sign of the level below is written twice. */
function proxyCommand(jumps: readonly Hop[], file: readonly string[]): string {
  const [last, before] = [jumps.at(-1) as Hop, jumps.slice(0, -1)];
  const over = before.length === 0 ? [] : ['-o', `ProxyCommand=${proxyCommand(before, file)}`];
  const words = ['ssh', ...file, ...over, ...loginArgs(last)].map((word) => shellQuoted(word.replaceAll('%', '%%')));
  return [...words, '-W', "'[%h]:%p'", shellQuoted(destinationOf(last).replaceAll('%', '%%'))].join(' ');
}
