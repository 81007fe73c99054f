import { printDuration } from '../duration.ts';
import { EXIT, type Entries } from './entry.ts';
import { itSaid } from './it-said.ts';

type At = { readonly host: string; readonly port: number };

/** From the name of a hop to a finished key exchange, and what ends a link later. */
export type NetworkFacts = {
  'dns-failed': { readonly host: string; readonly code: string };
  'connect-refused': At;
  'connect-timeout': At & { readonly ms: number };
  'network-unreachable': At & { readonly code: string };
  'connection-reset': At & { readonly code: string };
  'closed-before-greeting': At;
  /** `sign`: how it showed; `said`: its words, or empty. `ms`: how long to stay away; null: no longer than usual. */
  'turned-away': At & { readonly said: string; readonly sign: 'penalty' | 'full' | 'closed' | 'refused'; readonly ms: number | null };
  'not-ssh': At & { readonly saw: string };
  'handshake-timeout': At & { readonly ms: number };
  /** Names with commas between; `could`: those of theirs that we can do where ssh_config asks for them. */
  'no-common-algorithm': At & { readonly kind: AlgorithmKind; readonly ours: string; readonly theirs: string; readonly could: string };
  /** `asked`: what ssh_config names, with commas between. */
  'algorithms-missing': At & { readonly kind: AlgorithmKind; readonly asked: string };
  'handshake-failed': At;
  'hop-unreachable': At & { readonly via: string };
  'hop-not-allowed': At & { readonly via: string };
  'hop-no-answer': At & { readonly via: string; readonly ms: number };
  'link-closed': { readonly host: string };
  /** `why`: what is wrong with a packet. */
  'link-garbled': { readonly host: string; readonly why: string };
  'link-silent': { readonly host: string; readonly ms: number };
  /** `ms`: how long the old one had been silent. */
  'link-replaced': { readonly host: string; readonly ms: number };
  'ssh-config-invalid': { readonly host: string; readonly detail: string };
};

/** What two sides of a connection have to agree on. */
export type AlgorithmKind = 'kex' | 'hostKey' | 'cipher' | 'mac';

const ALGORITHMS: Record<AlgorithmKind, { readonly words: string; readonly option: string; readonly more: '+' | '^' }> = {
  kex: { words: 'key exchange', option: 'KexAlgorithms', more: '+' },
  hostKey: { words: 'host key', option: 'HostKeyAlgorithms', more: '+' },
  cipher: { words: 'cipher', option: 'Ciphers', more: '+' },
  // ssh has HMAC-SHA1 in its own list: `+` would change nothing in what `ssh -G` prints, so nobody could tell that it was said.
  mac: { words: 'message authentication', option: 'MACs', more: '^' },
};
const listed = (names: string): string => names.replaceAll(',', ', ') || 'none';

const at = (facts: At): string => `${facts.host} port ${facts.port}`;
const saying = (said: string): string => `takes no connection from here for now.${itSaid(said)}`;
const turnedAway = {
  full: saying,
  penalty: saying,
  closed: () => 'closes every connection from here before its SSH greeting.',
  refused: () => 'refuses every connection since it has refused logins from here.',
};
const causes = {
  full: 'the server takes no more logins at once (sshd_config: MaxStartups)',
  penalty: 'the server punishes failed or unfinished logins from this address (sshd_config: PerSourcePenalties)',
  closed: 'the server or a guard of it (fail2ban, hosts.deny, MaxStartups) keeps this address out',
  refused: 'a guard of the server (fail2ban: bantime) probably keeps this address out',
};
const goesOn = 'Nothing: tunnels goes on trying.';

export const NETWORK: Entries<NetworkFacts> = {
  'dns-failed': {
    retry: 'unanswered',
    exit: EXIT.failed,
    text: (f) => `The name ${f.host} could not be resolved (${f.code}).`,
    next: (f) => `Check the name and your DNS or VPN (getent hosts ${f.host}); tunnels goes on trying.`,
  },
  'connect-refused': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `${at(f)} refused the connection: no SSH server listens there.`,
    next: () => 'Check host and port, and whether sshd runs there; tunnels goes on trying.',
  },
  'connect-timeout': {
    retry: 'silent',
    exit: EXIT.failed,
    text: (f) => `${at(f)} did not answer within ${printDuration(f.ms)}.`,
    next: () => 'Check the network, VPN or firewall; tunnels goes on trying.',
  },
  'network-unreachable': {
    retry: 'unanswered',
    exit: EXIT.failed,
    text: (f) => `There is no way to ${at(f)} from here now (${f.code}).`,
    next: () => 'Check the network or VPN; tunnels goes on trying.',
  },
  'connection-reset': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `${at(f)} broke the connection off (${f.code}).`,
    next: () => goesOn,
  },
  'closed-before-greeting': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `${at(f)} closed the connection before its SSH greeting.`,
    next: () =>
      'The server may be overloaded (MaxStartups) or refuse this address for a while (PerSourcePenalties, fail2ban); tunnels tries again, less and less often.',
  },
  'turned-away': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `${at(f)} ${turnedAway[f.sign](f.said)}`,
    next: (f, tunnel) =>
      f.ms === null
        ? `Wait: ${causes[f.sign]}. tunnels tries again, less and less often.`
        : `Wait: ${causes[f.sign]}. tunnels stays away for ${printDuration(f.ms)}, longer than such a penalty, and then tries again by itself. Once it is lifted: tunnels restart ${tunnel}`,
  },
  'not-ssh': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `What answers at ${at(f)} is no SSH server${f.saw === '' ? '' : ` (it said: ${f.saw})`}.`,
    next: () => 'Check host and port of this hop; tunnels goes on trying, less and less often.',
  },
  'handshake-timeout': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `${at(f)} accepted the connection and then said nothing for ${printDuration(f.ms)}.`,
    next: () => 'Check what listens there and whether the server is overloaded; tunnels goes on trying.',
  },
  'no-common-algorithm': {
    retry: 'person',
    exit: EXIT.failed,
    text: (f) =>
      `${at(f)} and this client have no ${ALGORITHMS[f.kind].words} algorithm in common. It offers ${listed(f.theirs)}; this client offers ${listed(f.ours)}.`,
    next: (f, tunnel) =>
      f.could === ''
        ? `Ask the administrator of ${f.host} to allow one of those that this client offers (${ALGORITHMS[f.kind].option} in sshd_config).`
        : `Better let ${f.host} be brought up to date. Until then allow what it has, for this host alone, in ~/.ssh/config: ${ALGORITHMS[f.kind].option} ${ALGORITHMS[f.kind].more}${f.could}; then: tunnels restart ${tunnel}`,
  },
  'algorithms-missing': {
    retry: 'person',
    exit: EXIT.usage,
    text: (f) =>
      `Of the ${ALGORITHMS[f.kind].words} algorithms that the ssh configuration allows for ${f.host} (${listed(f.asked)}), this client has none.`,
    next: (f, tunnel) =>
      `Allow another one too (ssh -G ${f.host} shows ${ALGORITHMS[f.kind].option.toLowerCase()}); then: tunnels restart ${tunnel}`,
  },
  'handshake-failed': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `The SSH key exchange with ${at(f)} failed.`,
    next: () => goesOn,
  },
  'hop-unreachable': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `${f.via} could not connect to ${at(f)}.`,
    next: (f) => `Check from there: ssh ${f.via} nc -vz ${f.host} ${f.port}; tunnels goes on trying.`,
  },
  'hop-not-allowed': {
    retry: 'person',
    exit: EXIT.bindingHeld,
    text: (f) => `${f.via} does not allow connections to ${at(f)} (its AllowTcpForwarding or PermitOpen, or the key's options).`,
    next: (f, tunnel) => `Ask the administrator of ${f.via} to allow it; then: tunnels restart ${tunnel}`,
  },
  'hop-no-answer': {
    retry: 'silent',
    exit: EXIT.failed,
    text: (f) => `${f.via} got no answer from ${at(f)} within ${printDuration(f.ms)}.`,
    next: (f) => `Check from there: ssh ${f.via} nc -vz ${f.host} ${f.port}; tunnels goes on trying.`,
  },
  'link-closed': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `The connection to ${f.host} was closed from the other side.`,
    next: () => goesOn,
  },
  'link-garbled': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `A packet on the connection to ${f.host} could not be handled (${f.why}), so that connection was ended.`,
    next: () => `${goesOn} Where it comes back: tunnels config set dataPath ssh2, then tunnels supervisor restart, and tell us.`,
  },
  'link-silent': {
    retry: 'silent',
    exit: EXIT.failed,
    text: (f) => `${f.host} has not answered for ${printDuration(f.ms)}.`,
    next: () => goesOn,
  },
  'link-replaced': {
    retry: 'silent',
    exit: EXIT.failed,
    text: (f) => `The connection to ${f.host} had stopped answering while a new one got through.`,
    next: () => goesOn,
  },
  'ssh-config-invalid': {
    retry: 'person',
    exit: EXIT.usage,
    text: (f) => `The ssh configuration for ${f.host} cannot be used: ${f.detail}`,
    next: (f, tunnel) => `Correct it until this works: ssh -G ${f.host}; then: tunnels restart ${tunnel}`,
  },
};
