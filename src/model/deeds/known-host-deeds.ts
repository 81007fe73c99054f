import { matchesPatterns } from '../host-patterns.ts';
import type { Profile } from '../profile.ts';
import { deed, type Deed, type DeedKind } from './deed.ts';

/** `SHA256:...` of a key in base64, as ssh-keygen(1) -l prints it. */
export type Fingerprint = (key: string) => string;

type Line = { readonly marker: string; readonly hosts: string; readonly type: string; readonly key: string };

/** What the known_hosts beside a profile says of its hops; of other servers it may say what it likes, in one line. */
export function knownHostDeeds({ hops, ssh }: Profile, fingerprint: Fingerprint): Deed[] {
  const lines = linesOf(ssh.knownHosts?.text ?? '');
  const own = lines.filter((line) => speaksOfAny(line, hops));
  const others = lines.filter((line) => !own.includes(line));
  return [
    ...own.map((line) => {
      const kind = KINDS[line.marker] ?? 'known-key';
      const facts = { hosts: line.hosts, type: line.type, fingerprint: fingerprint(line.key) };
      const reasons = kind === 'known-authority' ? (['vouches-for-others'] as const) : [];
      return deed(kind, facts, { path: PATH, about: `${line.hosts} ${line.type} ${facts.fingerprint}`, reasons });
    }),
    ...(others.length === 0
      ? []
      : [deed('known-others', { count: others.length, lines: others.map(textOf).join('\n') }, { path: PATH, about: '' })]),
  ];
}

const PATH = ['knownHosts'] as const;
const KINDS: Readonly<Record<string, Extract<DeedKind, 'known-key' | 'known-authority' | 'revoked-key'>>> = {
  '@cert-authority': 'known-authority',
  '@revoked': 'revoked-key',
};

const linesOf = (text: string): Line[] =>
  text.split('\n').flatMap((line) => {
    const words = line.split(' ').filter((word) => word !== '');
    const marker = words[0]?.startsWith('@') === true ? words[0] : '';
    const [hosts, type, key] = marker === '' ? words : words.slice(1);
    return hosts === undefined || type === undefined || key === undefined ? [] : [{ marker, hosts, type, key }];
  });

const textOf = ({ marker, hosts, type, key }: Line): string => [marker, hosts, type, key].join(' ');

/** Hashed names cannot be told apart, so they may be of any of them; so may what ssh_config makes of a hop's name. */
const speaksOfAny = ({ hosts, marker }: Line, hops: Profile['hops']): boolean =>
  marker === '@cert-authority' ||
  hosts.startsWith('|') ||
  hops.some(({ host, port }) => [host, `[${host}]:${port ?? 22}`].some((name) => matchesPatterns(name.toLowerCase(), hosts.split(','))));
