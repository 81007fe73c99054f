import { printDuration } from '../duration.ts';
import { EXIT, type Entries } from './entry.ts';

type Key = { readonly host: string; readonly port: number; readonly type: string; readonly fingerprint: string };

/** Host keys and logins: a person is needed for most of them. */
export type LoginFacts = {
  'host-key-unknown': Key & { readonly files: string };
  'host-key-changed': Key & { readonly known: string; readonly file: string; readonly line: number };
  'host-key-revoked': Key & { readonly file: string; readonly line: number };
  'host-key-not-pinned': Key & { readonly pins: string };
  'login-refused': { readonly host: string; readonly port?: number; readonly user: string; readonly tried: string };
  'login-timeout': { readonly host: string; readonly user: string; readonly ms: number };
  'no-credentials': { readonly host: string; readonly user: string; readonly why: string };
  'key-unusable': { readonly host: string; readonly path: string; readonly why: KeyTrouble };
};
export type KeyTrouble = 'missing' | 'unreadable' | 'too-open' | 'encrypted' | 'not-a-key';

const keyNext: Record<KeyTrouble, (path: string) => string> = {
  missing: (path) => `Put the key at ${path}, or correct the identity of this hop`,
  unreadable: (path) => `Make it readable for you alone: chmod 600 ${path}`,
  'too-open': (path) => `Make it readable for you alone: chmod 600 ${path}`,
  encrypted: (path) => `Add it to your agent: ssh-add ${path}`,
  'not-a-key': (path) => `Check the file: ssh-keygen -y -f ${path}`,
};
const keyText: Record<KeyTrouble, string> = {
  missing: 'does not exist',
  unreadable: 'cannot be read',
  'too-open': 'can be read by others, so it is not used',
  encrypted: 'is protected by a passphrase and not in an agent',
  'not-a-key': 'is not a private key that can be used here',
};

const where = (f: { host: string; port: number }): string => (f.port === 22 ? f.host : `[${f.host}]:${f.port}`);

export const LOGIN: Entries<LoginFacts> = {
  'host-key-unknown': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `The host key of ${where(f)} is not known: ${f.type} ${f.fingerprint}. No login was tried.`,
    next: (f) =>
      `Compare the fingerprint with one from a source that you trust; then connect once with ssh -p ${f.port} ${f.host}, or pin it: hostKey: ${f.fingerprint}. Looked in: ${f.files}.`,
  },
  'host-key-changed': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) =>
      `The host key of ${where(f)} has changed: it now shows ${f.type} ${f.fingerprint}, known is ${f.known} (${f.file}:${f.line}). Somebody may be listening in. No login was tried.`,
    next: (f) =>
      `Ask the administrator. If the change is genuine: ssh-keygen -R '${where(f)}' -f ${f.file}; then connect once with ssh -p ${f.port} ${f.host}.`,
  },
  'host-key-revoked': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `The host key of ${where(f)}, ${f.type} ${f.fingerprint}, is marked as revoked (${f.file}:${f.line}). No login was tried.`,
    next: () => 'Do not connect. Ask the administrator for the new key.',
  },
  'host-key-not-pinned': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `The host key of ${where(f)} is ${f.type} ${f.fingerprint}; the profile allows only ${f.pins}. No login was tried.`,
    next: () => 'Ask whoever keeps the profile whether the server has a new key, and change hostKey only then.',
  },
  'login-refused': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `${f.host} refused the login of ${f.user} (tried: ${f.tried}).`,
    next: (f, tunnel) =>
      `Find out what works with: ssh -v ${f.port === undefined || f.port === 22 ? '' : `-p ${f.port} `}${f.user}@${f.host}; then: tunnels restart ${tunnel}. It is not tried again by itself, as servers lock out those who insist.`,
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
};
