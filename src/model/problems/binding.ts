import { EXIT, type Entries } from './entry.ts';
import { itSaid } from './it-said.ts';
import { lookCommand } from './look.ts';
import { FORBIDDEN_BY } from './recovery.ts';

type Listen = { readonly listen: string };

/** Listening ends and targets. */
export type BindingFacts = {
  /** `port` is there for a binding on a hop; null for a Unix socket. `tunnel`: the holder is this one of ours. */
  'binding-held': Listen & { readonly on: string; readonly holder: string; readonly port?: number | null; readonly tunnel?: string };
  'binding-refused': Listen & { readonly on: string };
  'bind-not-answered': Listen & { readonly on: string };
  /** `said`: the server's own words, empty where it gave none. `by`: which setting forbids it, once that is known. */
  'bind-not-allowed': Listen & { readonly on: string; readonly said: string; readonly by?: keyof typeof FORBIDDEN_BY };
  'bind-no-permission': Listen & { readonly on: string };
  'bind-bad-address': Listen & { readonly on: string; readonly code: string };
  'bind-path-too-long': Listen & { readonly on: string; readonly max: number };
  'bind-failed': Listen & { readonly on: string; readonly code: string };
  'accept-failed': Listen & { readonly on: string; readonly code: string };
  'socks-bad-request': Listen & { readonly why: SocksTrouble };
  'target-refused': { readonly to: string; readonly from: string };
  'target-not-allowed': { readonly to: string; readonly from: string };
  'target-no-room': { readonly to: string; readonly from: string };
  'target-failed': { readonly to: string; readonly from: string; readonly code: string };
  'hold-expired': { readonly listen: string };
};

/** What was wrong with what a SOCKS client said. */
export type SocksTrouble = 'not-socks' | 'no-method' | 'command' | 'address' | 'too-long' | 'cut-short' | 'slow';

const SOCKS_WORDS: Record<SocksTrouble, string> = {
  'not-socks': 'it does not speak SOCKS 4, 4a or 5',
  'no-method': 'it insists on a login, and none is needed here',
  command: 'it asked for something other than a connection (BIND or UDP)',
  address: 'it asked for an address that is none',
  'too-long': 'its request is longer than a SOCKS request may be',
  'cut-short': 'it left before its request was whole',
  slow: 'its request did not arrive in time',
};

export const BINDING: Entries<BindingFacts> = {
  'binding-held': {
    retry: 'held',
    exit: EXIT.bindingHeld,
    text: (f) => `${f.listen} on ${f.on} is held by ${f.holder}.`,
    next: (f) => {
      if (f.tunnel !== undefined)
        return `Give one of the two another port, or take that one down: tunnels down ${f.tunnel}. It is tried again until then.`;
      return f.port === undefined
        ? 'End it or choose another port; the binding is tried again until then.'
        : `Choose another port, or ask for it; it is tried again until it is free. An administrator of ${f.on} sees its holder with: ${lookCommand({ listen: f.listen, port: f.port })}`;
    },
  },
  'binding-refused': {
    retry: 'held',
    exit: EXIT.bindingHeld,
    text: (f) => `${f.on} refused to listen on ${f.listen} and gave no reason; most often the port is in use there.`,
    next: () => 'Nothing for now: the binding is tried again, on the same login, until it is free.',
  },
  'bind-not-answered': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `${f.on} did not answer the request to listen on ${f.listen}.`,
    next: () => 'Nothing: the binding is tried again.',
  },
  'bind-not-allowed': {
    retry: 'person',
    exit: EXIT.bindingHeld,
    text: (f) =>
      `${f.on} does not allow listening on ${f.listen}${f.by === undefined ? '' : `, by ${FORBIDDEN_BY[f.by]}`}.${itSaid(f.said)}`,
    next: (f, tunnel) =>
      `Ask the administrator of ${f.on} for ${f.by === undefined ? "AllowTcpForwarding and PermitListen (or the key's permitlisten)" : FORBIDDEN_BY[f.by]}; then: tunnels restart ${tunnel}`,
  },
  'bind-no-permission': {
    retry: 'person',
    exit: EXIT.bindingHeld,
    text: (f) => `Listening on ${f.listen} on ${f.on} is not permitted to this user.`,
    next: () => 'Choose a port of 1024 or above, or a directory that you may write.',
  },
  'bind-bad-address': {
    retry: 'person',
    exit: EXIT.bindingHeld,
    text: (f) => `${f.listen} is not an address that ${f.on} can listen on (${f.code}).`,
    next: () => 'Use an address of that machine, or leave the address out for 127.0.0.1.',
  },
  'bind-path-too-long': {
    retry: 'person',
    exit: EXIT.bindingHeld,
    text: (f) => `The socket path ${f.listen} is longer than the ${f.max} bytes that ${f.on} allows.`,
    next: () => 'Choose a shorter path.',
  },
  'bind-failed': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `${f.on} could not listen on ${f.listen} (${f.code}).`,
    next: () => 'Nothing: the binding is tried again.',
  },
  'accept-failed': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `A connection to ${f.listen} on ${f.on} could not be taken (${f.code}).`,
    next: () => 'If it says EMFILE or ENFILE, raise the limit of open files (ulimit -n); the tunnel itself is fine.',
  },
  'socks-bad-request': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `A client of the SOCKS proxy at ${f.listen} was refused: ${SOCKS_WORDS[f.why]}.`,
    next: () => 'Check the proxy settings of that program; the tunnel itself is fine.',
  },
  'target-refused': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `${f.from} could not connect to ${f.to}; the connection was refused to whoever asked.`,
    next: (f) => `Check that something listens at ${f.to}; the tunnel itself is fine.`,
  },
  'target-not-allowed': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `${f.from} does not allow connections to ${f.to} (AllowTcpForwarding, PermitOpen or the key's options).`,
    next: (f) => `Ask the administrator of ${f.from}; the tunnel itself is fine.`,
  },
  'target-no-room': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) =>
      `A connection from ${f.from} to ${f.to} could not be opened: ${f.from}, or the SSH connection to it, has as many as it takes.`,
    next: () => 'Close some of the connections, or give a tunnel that needs so many an SSH connection of its own.',
  },
  'target-failed': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `A connection from ${f.from} to ${f.to} could not be opened (${f.code}).`,
    next: () => 'The tunnel itself is fine; check the target.',
  },
  'hold-expired': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `A new connection to ${f.listen} was held for as long as the profile allows and then refused, because the link was down.`,
    next: () => 'Nothing: connections are served again once the link is back.',
  },
};
