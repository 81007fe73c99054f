import { printDuration } from '../duration.ts';
import { shellWord } from '../ssh-words.ts';
import { EXIT, type Entries } from './entry.ts';
import { HOST_PINS, type HostPinsFacts, type ShownKey } from './host-pins.ts';
import { certificateReason, type HostCertificateFacts } from './host-certificate.ts';

type Key = ShownKey;
/** `ssh`: as `sshWords` gives it. `asks`: a person is asked about new keys (StrictHostKeyChecking). */
type NewKey = Key & { readonly ssh: string; readonly asks: boolean };

/** `ssh`: as `sshWords` gives it. */
type Login = { readonly host: string; readonly user: string; readonly ssh: string };

/** Host keys and logins: a person is needed for most of them. */
export type LoginFacts = HostPinsFacts & {
  'host-key-unknown': NewKey & { readonly files: string };
  /** `name`: what known_hosts calls the server. `lax`: StrictHostKeyChecking is `no`. */
  'host-key-changed': NewKey & {
    readonly known: string;
    readonly file: string;
    readonly line: number;
    readonly name?: string;
    readonly lax?: boolean;
  };
  /** `line`: null where the file is a key revocation list. */
  'host-key-revoked': Key & { readonly file: string; readonly line: number | null };
  'host-key-too-small': Key & { readonly bits: number; readonly least: number };
  'host-certificate-refused': Key & HostCertificateFacts;
  'revoked-keys-unusable': { readonly file: string; readonly why: string };
  'known-hosts-command-failed': { readonly command: string; readonly why: string };
  /** It goes on all the same. `what`: a new key, or a server's change of keys (UpdateHostKeys). `code`: of the system. */
  'known-hosts-unwritable': {
    readonly host: string;
    readonly port: number;
    readonly file: string;
    readonly what: 'new' | 'changed';
    readonly code: string;
  };
  /**
   * `expired`: certificates that the server takes no longer, or not yet; empty: none. `locked`: the file of a key that it
   * would take and whose passphrase nobody knew.
   */
  'login-refused': Login & { readonly tried: string; readonly expired?: string; readonly locked?: string };
  /** Not tried: it was refused `times` times, and nobody has asked for it since. */
  'login-held-back': Login & { readonly times: number };
  /** Closed without a word after at least one try was refused. */
  'login-cut-off': Login;
  /** Declined by who was asked, or the server has closed meanwhile. */
  'login-unanswered': { readonly host: string; readonly user: string; readonly how: 'declined' | 'closed' };
  'login-timeout': { readonly host: string; readonly user: string; readonly ms: number };
  'no-credentials': { readonly host: string; readonly user: string; readonly why: string };
  'key-unusable': { readonly host: string; readonly path: string; readonly why: KeyTrouble };
  /** `at`: ISO 8601, when it ended or begins. */
  'certificate-unusable': { readonly certificate: string; readonly why: 'expired' | 'not-yet-valid'; readonly at: string };
  'agent-unusable': { readonly host: string; readonly socket: string; readonly why: AgentTrouble };
};
export type KeyTrouble =
  | 'missing'
  | 'unreadable'
  | 'too-open'
  | 'encrypted'
  | 'not-a-key'
  | 'security-key'
  | 'too-short'
  | 'not-accepted'
  | 'not-a-certificate'
  | 'no-key-for-certificate';
/** Missing: no socket there. Dead: nobody listens at it. Denied: another's. Silent: no answer. Garbled: no agent's answer. */
export type AgentTrouble = 'missing' | 'dead' | 'denied' | 'silent' | 'garbled';

const keyNext: Record<KeyTrouble, (path: string) => string> = {
  missing: (path) => `Put the key at ${path}, or correct the identity of this hop`,
  unreadable: (path) => `Make it readable for you alone: chmod 600 ${path}`,
  'too-open': (path) => `Make it readable for you alone: chmod 600 ${path}`,
  encrypted: (path) => `Add it to your agent: ssh-add ${path}`,
  'not-a-key': (path) => `Check the file: ssh-keygen -y -f ${path}`,
  'security-key': (path) => `Plug the security key in and add it to your agent: ssh-add ${path}`,
  'too-short': () => 'Make a new key (ssh-keygen -t ed25519), or lower RequiredRSASize in ssh_config',
  'not-accepted': () => 'Use another key, or add its algorithm to PubkeyAcceptedAlgorithms in ssh_config',
  'not-a-certificate': (path) => `Look what it is: ssh-keygen -L -f ${path}`,
  'no-key-for-certificate': (path) => `Name its private key too, or add that to your agent; which one it is says: ssh-keygen -L -f ${path}`,
};
const keyText: Record<KeyTrouble, string> = {
  missing: 'does not exist',
  unreadable: 'cannot be read',
  'too-open': 'can be read by others, so it is not used',
  encrypted: 'is protected by a passphrase and not in an agent',
  'not-a-key': 'is not a private key that can be used here',
  'security-key': 'is kept in a security key, which only an agent can ask, and is not in an agent',
  'too-short': 'is an RSA key shorter than ssh_config allows (RequiredRSASize), so it is not used',
  'not-accepted': 'is of a kind that ssh_config does not allow (PubkeyAcceptedAlgorithms), so it is not used',
  'not-a-certificate': 'is not a certificate of a user',
  'no-key-for-certificate': 'certifies a key that is neither in a file nor in an agent',
};
export const agentWords: Record<AgentTrouble, string> = {
  missing: 'is not there: there is no such socket',
  dead: 'has ended: nobody listens at its socket',
  denied: 'belongs to somebody else',
  silent: 'does not answer',
  garbled: 'does not answer as an agent does',
};

const where = (f: { host: string; port: number }): string => (f.port === 22 ? f.host : `[${f.host}]:${f.port}`);

/** With StrictHostKeyChecking other than `ask`, ssh itself would not ask either. */
const becomesKnown = ({ asks, ssh }: { asks: boolean; ssh: string }, tunnel: string): string =>
  asks
    ? `answer yes: tunnels restart ${tunnel}`
    : `connect once with ssh -o StrictHostKeyChecking=ask ${ssh}, and: tunnels restart ${tunnel}`;

function afterRefusal({ expired, locked, ssh }: LoginFacts['login-refused']): string {
  if (expired) return `Have your authority sign it again: ${expired}; then`;
  if (locked) return `Try its passphrase: ssh-keygen -y -f ${shellWord(locked)}; then answer again`;
  return `Find out what works with: ssh -v ${ssh}; then`;
}

export const LOGIN: Entries<LoginFacts> = {
  ...HOST_PINS,
  'host-key-unknown': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `The host key of ${where(f)} is not known: ${f.type} ${f.fingerprint}. No login was tried.`,
    next: (f, tunnel) =>
      `Compare the fingerprint with one from a source that you trust; then ${becomesKnown(f, tunnel)}. Or pin it: hostKey: ${f.fingerprint}. Looked in: ${f.files}.`,
  },
  'host-key-changed': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) =>
      `The host key of ${where(f)} has changed: it now shows ${f.type} ${f.fingerprint}, known is ${f.known} (${f.file}:${f.line}). Somebody may be listening in. No login was tried${f.lax ? ': with StrictHostKeyChecking no, ssh would go on, but without any forwarding' : ''}.`,
    next: (f, tunnel) =>
      `Ask the administrator. If the change is genuine: ssh-keygen -R '${f.name ?? where(f)}' -f ${f.file}; then ${becomesKnown(f, tunnel)}.`,
  },
  'host-key-revoked': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) =>
      `The host key of ${where(f)}, ${f.type} ${f.fingerprint}, is marked as revoked (${f.file}${f.line === null ? '' : `:${f.line}`}). No login was tried.`,
    next: () => 'Do not connect. Ask the administrator for the new key.',
  },
  'host-key-too-small': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) =>
      `The host key of ${where(f)}, ${f.type} ${f.fingerprint}, has ${f.bits} bits; RequiredRSASize is ${f.least}. No login was tried.`,
    next: () => 'Ask the administrator for a larger host key, or one of another type.',
  },
  'host-certificate-refused': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) =>
      `The host certificate of ${where(f)}${f.id === undefined ? '' : ` ("${f.id}", serial ${f.serial}, signed by ${f.authority})`} ${certificateReason(f)}. Its plain key, ${f.type} ${f.fingerprint}, is not known either. No login was tried.`,
    next: () => 'Ask the administrator for a new host certificate. The clock of this machine matters as well: date',
  },
  'revoked-keys-unusable': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `The file of revoked host keys ${f.file} cannot be used: ${f.why}. No login was tried.`,
    next: () => 'Repair the file, or correct RevokedHostKeys in ssh_config: while it cannot be read, no host key is known to be good.',
  },
  'known-hosts-command-failed': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `KnownHostsCommand failed (${f.command}): ${f.why}. No login was tried.`,
    next: () => 'Run the command by hand, and correct KnownHostsCommand in ssh_config.',
  },
  'known-hosts-unwritable': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) =>
      f.what === 'new'
        ? `The new host key of ${where(f)} was accepted, but could not be written to ${f.file} (${f.code}): at the next connection it is new again.`
        : `${where(f)} has changed its host keys, but ${f.file} could not be changed (${f.code}): once it shows a new one, that is a stranger's.`,
    next: (f) => `Make ${f.file} writable for you, with room on its disk, or name another file with UserKnownHostsFile in ssh_config.`,
  },
  'login-refused': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `${f.host} refused the login of ${f.user} (tried: ${f.tried}).`,
    next: (f, tunnel) =>
      `${afterRefusal(f)}: tunnels restart ${tunnel}. It is not tried again by itself, as servers lock out those who insist.`,
  },
  'login-held-back': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) =>
      `${f.host} has refused the login of ${f.user} ${f.times} times, so it is not tried again by itself: servers lock out those who insist.`,
    next: (f, tunnel) => `Find out what works with: ssh -v ${f.ssh}; then: tunnels restart ${tunnel}`,
  },
  'login-cut-off': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `${f.host} closed the connection in the middle of the login of ${f.user}, after it had refused what was tried until then.`,
    next: (f) =>
      `It may limit how much is tried (MaxAuthTries): name the right key in the profile (identity:), or see what is tried with ssh -v ${f.ssh}. Seen twice in a row, it is not tried again by itself.`,
  },
  'login-unanswered': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) =>
      f.how === 'closed'
        ? `${f.host} closed the connection before anybody had answered for the login of ${f.user} (its LoginGraceTime, commonly 2 minutes).`
        : `${f.host} needs an answer for the login of ${f.user}, and none was given.`,
    next: (_, tunnel) => `To be asked again: tunnels restart ${tunnel}`,
  },
  'login-timeout': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `${f.host} did not finish the login of ${f.user} within ${printDuration(f.ms)}.`,
    next: () => 'Nothing: tunnels goes on trying.',
  },
  'no-credentials': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `There is nothing to log in to ${f.host} as ${f.user} with: ${f.why}.`,
    next: (_, tunnel) =>
      `Start an agent and add a key (ssh-add), or name a key: identity: ~/.ssh/id_ed25519; then: tunnels restart ${tunnel}`,
  },
  'key-unusable': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `The key ${f.path} for ${f.host} ${keyText[f.why]}.`,
    next: (f, tunnel) => `${keyNext[f.why](f.path)}; then: tunnels restart ${tunnel}`,
  },
  'certificate-unusable': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `The certificate ${f.certificate} ${f.why === 'expired' ? 'has expired' : 'is not valid yet'}: ${f.at}.`,
    next: (f) =>
      f.why === 'expired'
        ? 'Have your authority sign the key again; then: ssh-add, if an agent holds it.'
        : 'Compare the clock of this machine (date) with that of the authority.',
  },
  // Agents come back: with the next login to the desktop, or when they are started anew.
  'agent-unusable': {
    retry: 'answered',
    exit: EXIT.personNeeded,
    text: (f) => `The agent at ${f.socket} ${agentWords[f.why]}.`,
    next: (_, tunnel) =>
      `Once it is back it is used by itself. Or start another (eval "$(ssh-agent)"; ssh-add), then: tunnels restart ${tunnel}, which uses the agent of the shell that it runs in.`,
  },
};
