import { COMPOSE_WORDS, type ComposeFacts } from './compose-words.ts';
import { printDuration } from './duration.ts';

/** Why an address, a hop or a path cannot be used. */
export type EndTrouble = keyof typeof END;
export type HopTrouble = keyof typeof HOP;
export type PathTrouble = keyof typeof PATH;

type Keyed = { readonly key: string };
type Quoted = Keyed & { readonly text: string };

export type IssueFacts = ComposeFacts & {
  'bad-name': { readonly name: string };
  'unknown-key': Keyed & { readonly nearest: string };
  'missing-key': Keyed;
  'empty-value': Keyed;
  'wrong-type': Keyed & { readonly expected: string; readonly got: string };
  'empty-list': Keyed;
  'bad-number': Keyed & { readonly range: string };
  'bad-value': Keyed;
  secret: Keyed;
  'bad-hop': Quoted & { readonly why: HopTrouble };
  'bad-path': Quoted & { readonly why: PathTrouble };
  'bad-pin': Record<string, never>;
  'bad-group': { readonly text: string };
  'bad-option': { readonly text: string };
  'bad-forward-name': { readonly text: string };
  'name-taken': { readonly name: string };
  'kind-missing': Record<string, never>;
  'kind-twice': { readonly first: string; readonly second: string };
  'to-missing': { readonly kind: string };
  'to-not-used': { readonly kind: string };
  'bad-address': Quoted & { readonly why: EndTrouble };
  'hop-unknown': Quoted & { readonly nearest: string };
  'hop-ambiguous': Quoted & { readonly hops: string };
  'listens-here': { readonly kind: string; readonly instead: string };
  'listens-on-hop': { readonly kind: string; readonly instead: string };
  'listen-twice': { readonly listen: string; readonly other: string };
  'step-unknown': { readonly text: string; readonly nearest: string };
  'step-twice': { readonly step: string };
  'ports-missing': Record<string, never>;
  'ports-not-used': Record<string, never>;
  'ports-without-port': { readonly listen: string };
  'bad-range': { readonly text: string };
  'bad-duration': Quoted;
  'duration-short': Keyed & { readonly leastMs: number };
  'duration-long': Keyed & { readonly mostMs: number };
  'idle-without-use': Record<string, never>;
};

const END = {
  empty: 'it is empty',
  'bad-port': 'the port must be a whole number up to 65535, and only a listening end may say 0',
  'port-missing': 'the port is missing; write host:port',
  'host-missing': 'the host before the port is missing',
  'bad-host': 'the host cannot be used; an IPv6 address goes in brackets, as in [::1]:5432',
  'unclosed-bracket': 'the bracket is not closed; write [::1]:5432',
  'home-on-hop': '~ is not known on a hop; write the whole path',
  'path-too-long': 'the path of a Unix socket may have at most 107 bytes',
  unprintable: 'it holds a character that cannot be printed',
} as const;

const HOP = {
  empty: 'the host is missing',
  'no-user': 'the user before the @ is missing',
  option: 'a host or user may not begin with -, as ssh would take it for an option',
  'bad-host': 'this is not a host; write [user@]host[:port], and an IPv6 address with a port as [::1]:22',
  'bad-user': 'the user holds a character that ssh does not allow',
  'bad-port': 'the port must be a whole number from 1 to 65535',
  'not-only-host': 'a host in a mapping stands alone; put the rest in user and port',
} as const;

const PATH = {
  option: 'a path may not begin with -, as ssh would take it for an option',
  'other-home': 'only your own home is known, as ~/; write the whole path',
  unprintable: 'it holds a character that cannot be printed',
} as const;

const meant = (nearest: string): string => (nearest === '' ? '' : ` Did you mean ${nearest}?`);
const name = 'Use up to 64 letters, digits, dots, dashes and underscores, beginning with a letter, digit or underscore.';

export const ISSUE_WORDS: { readonly [Code in keyof IssueFacts]: (facts: IssueFacts[Code]) => string } = {
  ...COMPOSE_WORDS,
  'bad-name': (f) => `"${f.name}" cannot be the name of a profile. ${name}`,
  'unknown-key': (f) => `The key ${f.key} is not known here.${meant(f.nearest)}`,
  'missing-key': (f) => `The key ${f.key} is missing.`,
  'empty-value': (f) => `${f.key} has no value. Give it one or remove it.`,
  'wrong-type': (f) => `${f.key} must be ${f.expected}, not ${f.got}.`,
  'empty-list': (f) => `${f.key} is empty. Give at least one entry.`,
  'bad-number': (f) => `${f.key} must be a whole number ${f.range}.`,
  'bad-value': (f) => `${f.key} cannot have this value.`,
  secret: (f) =>
    `${f.key} holds a secret, and a profile never does. Add the key to your agent (ssh-add) or name its file (identity: ~/.ssh/id_ed25519); passwords are asked for. Treat what was written here as known to others.`,
  'bad-hop': (f) => `${f.key} "${f.text}" cannot be used: ${HOP[f.why]}.`,
  'bad-path': (f) => `${f.key} "${f.text}" cannot be used: ${PATH[f.why]}.`,
  'bad-pin': () =>
    'hostKey must be a whole fingerprint, SHA256: and 43 characters, as printed by: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
  'bad-group': (f) => `"${f.text}" cannot be the name of a group. ${name}`,
  'bad-option': (f) => `"${f.text}" is not a setting of ssh_config. Write Key=value, as in ConnectTimeout=5.`,
  'bad-forward-name': (f) => `"${f.text}" cannot be the name of a forward. ${name}`,
  'name-taken': (f) => `Another forward of this profile is called ${f.name}. Give each its own name.`,
  'kind-missing': () => 'A forward says what listens. Give one of local, remote, dynamic and remoteDynamic.',
  'kind-twice': (f) => `A forward has one listening end, and this one has ${f.first} already. Make ${f.second} a forward of its own.`,
  'to-missing': (f) => `A ${f.kind} forward needs its target. Add to: host:port.`,
  'to-not-used': (f) =>
    `A ${f.kind} forward goes wherever its user asks (SOCKS). Remove to, or use ${f.kind === 'dynamic' ? 'local' : 'remote'}.`,
  'bad-address': (f) => `${f.key} "${f.text}" cannot be used: ${END[f.why]}.`,
  'hop-unknown': (f) => `${f.key} names ${f.text}, which is not a hop of this profile.${meant(f.nearest)}`,
  'hop-ambiguous': (f) => `${f.key} names ${f.text}, which may be ${f.hops}. Write the hop with its user or port.`,
  'listens-here': (f) => `A ${f.kind} forward listens on this machine. Remove on, or use ${f.instead} to listen on a hop.`,
  'listens-on-hop': (f) => `A ${f.kind} forward listens on a hop. Name one, or use ${f.instead} to listen on this machine.`,
  'listen-twice': (f) => `${f.listen} is taken by the forward ${f.other} of this profile. Choose another port.`,
  'step-unknown': (f) => `onConflict does not know ${f.text}. It takes reclaim, wait and fallback.${meant(f.nearest)}`,
  'step-twice': (f) => `onConflict lists ${f.step} twice. Each step is taken in its turn, once.`,
  'ports-missing': () => 'onConflict lists fallback, so fallbackPorts is needed. Add fallbackPorts: 18081-18089.',
  'ports-not-used': () =>
    'fallbackPorts is never used, as onConflict does not list fallback. Add it: onConflict: [reclaim, wait, fallback].',
  'ports-without-port': (f) => `${f.listen} has no port of its own to fall back from. Remove fallbackPorts, or listen on a port.`,
  'bad-range': (f) => `fallbackPorts "${f.text}" is not a range of ports. Write first-last, both from 1 to 65535, as in 18081-18089.`,
  'bad-duration': (f) => `${f.key} "${f.text}" is not a duration. Write a whole number and its unit, as in 500ms, 15s, 30m or 2h.`,
  'duration-short': (f) => `${f.key} is too short. It must be at least ${printDuration(f.leastMs)}.`,
  'duration-long': (f) => `${f.key} is too long. It may be at most ${printDuration(f.mostMs)}.`,
  'idle-without-use': () => 'idle connects on first use, and nothing here can be used. Add a local or dynamic forward, or remove idle.',
};
