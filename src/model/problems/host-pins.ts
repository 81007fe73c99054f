import { EXIT, type Entries } from './entry.ts';

/** The host key that a server has shown. */
export type ShownKey = { readonly host: string; readonly port: number; readonly type: string; readonly fingerprint: string };

/** Host keys that a profile pins. */
export type HostPinsFacts = {
  'host-key-not-pinned': ShownKey & { readonly pins: string };
  /** `known`: what stands in known_hosts at `file` and `line`. `pins`: what the profile allows, and where that stands. */
  'host-key-pin-disagrees': ShownKey & {
    readonly pins: string;
    readonly known: string;
    readonly file: string;
    readonly line: number;
    readonly name: string;
  };
};

const where = (f: { host: string; port: number }): string => (f.port === 22 ? f.host : `[${f.host}]:${f.port}`);

export const HOST_PINS: Entries<HostPinsFacts> = {
  'host-key-not-pinned': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `The host key of ${where(f)} is ${f.type} ${f.fingerprint}; the profile allows only ${f.pins}. No login was tried.`,
    next: () => 'Ask whoever keeps the profile whether the server has a new key, and change hostKey only then.',
  },
  'host-key-pin-disagrees': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) =>
      `For ${where(f)} the profile and your known_hosts disagree, and the server shows ${f.type} ${f.fingerprint}. The profile allows only ${f.pins}; known is ${f.known} (${f.file}:${f.line}). No login was tried.`,
    next: (f) =>
      `Ask the administrator which is right. If the profile is: ssh-keygen -R '${f.name}' -f ${f.file}. If known_hosts is, whoever keeps the profile has to change it.`,
  },
};
