import type { Holder, NotAllowed } from '../binding.ts';
import { printDuration } from '../duration.ts';
import { EXIT, type Entries } from './entry.ts';
import { lookCommand, type Where } from './look.ts';

/** Refused bindings on a hop: what was found out, what is waited for, what is asked of a person; and what a bind really bound. */
export type RecoveryFacts = {
  /** `atMost`: the time is only a bound. */
  'binding-stale': Where & { readonly pid: number | null; readonly etaMs: number | null; readonly atMost: boolean };
  'binding-source-port': Where & { readonly etaMs: number | null };
  'binding-unknown-holder': Where;
  'binding-not-freed': Where & { readonly whose: 'ours' | 'unknown'; readonly pid: number | null; readonly waitedMs: number };
  'binding-live-here': Where & { readonly tunnel: string };
  'binding-live-elsewhere': Where & { readonly pid: number | null; readonly peer: string | null };
  'binding-privileged': Where;
  'binding-bad-address': Where;
  'binding-no-directory': Where;
  'no-fallback-left': Where & { readonly first: number; readonly last: number; readonly holder: string | null };
  'binding-half': Where & { readonly bound: string; readonly missing: string; readonly holderUid: number | 'unknown' | null };
  'binding-widened': Where & { readonly bound: string };
  'binding-narrowed': Where & { readonly bound: string };
};

/** Who holds a binding, as far as the server shows it. */
export function holderWords({ kind, name, uid, pid }: Holder): string {
  const user = `${name === null ? 'another user' : `the user ${name}`}${uid === null ? '' : ` (uid ${uid})`}`;
  switch (kind) {
    case 'user':
      return user;
    case 'root':
      return 'root (a service of that machine, or an SSH session of root)';
    case 'own-process':
      return `a program of your own user: ${name ?? 'unknown'}${pid === null ? '' : ` (pid ${pid})`}`;
    case 'service':
      return 'a service that answers; the server does not show whose it is';
    case 'live-session':
      return 'a live SSH session whose own target refuses connections; the server does not show whose it is';
    case 'file':
      return `a file that is no socket of yours${uid === null ? '' : `; it belongs to ${user}`}`;
  }
}

/** Which setting forbids a binding, and where it stands. */
export const FORBIDDEN_BY: Record<Extract<NotAllowed, 'server-forbids' | 'key-forbids' | 'server-list' | 'key-list'>, string> = {
  'server-forbids': 'AllowTcpForwarding or DisableForwarding in its sshd_config (of dropbear: its option -k)',
  'key-forbids': 'the options of your key in authorized_keys there (restrict or no-port-forwarding; port-forwarding allows it)',
  'server-list': 'PermitListen in its sshd_config',
  'key-list': 'the permitlisten="..." of your key in authorized_keys there',
};

const at = (f: Where): string => `${f.listen} on ${f.on}`;
const ask = (f: Where): string => `Ask an administrator of ${f.on} who holds it:`;
const killCommand = (pid: number | null): string => (pid === null ? 'sudo kill PID' : `sudo kill ${pid}`);
const freed = ({ etaMs, atMost }: RecoveryFacts['binding-stale']): string => {
  if (etaMs === null) return 'When that will be, it does not say.';
  if (etaMs === 0) return 'That should have happened by now.';
  return `That will be in ${atMost ? 'at most' : 'about'} ${printDuration(etaMs)}.`;
};

export const RECOVERY: Entries<RecoveryFacts> = {
  'binding-stale': {
    retry: 'held',
    exit: EXIT.notUpInTime,
    text: (f) =>
      `${at(f)} is ${f.pid === null ? 'most likely ' : ''}still held by our own dead connection: the server keeps it until it notices. ${freed(f)}`,
    next: (f) =>
      `Nothing: it is tried again until then. To have it at once, an administrator of ${f.on} finds its sshd with ${lookCommand(f)} and ends it: ${killCommand(f.pid)}`,
  },
  'binding-source-port': {
    retry: 'held',
    exit: EXIT.notUpInTime,
    text: (f) =>
      `${f.on} refused ${f.listen} although nobody listens there: most often an outgoing connection of that machine uses the port${f.etaMs === null ? '.' : `; it is free again within ${printDuration(f.etaMs)} after that connection ends.`}`,
    next: (f) => `Nothing: it is tried again. A port below 32768 cannot be lost like this; who uses it shows: ss -tan 'sport = :${f.port}'`,
  },
  'binding-unknown-holder': {
    retry: 'held',
    exit: EXIT.bindingHeld,
    text: (f) => `${at(f)} is held, and from here it cannot be told by whom. Nothing was ended.`,
    next: (f) => `It is tried again until it is free. ${ask(f)} ${lookCommand(f)}`,
  },
  'binding-not-freed': {
    retry: 'person',
    exit: EXIT.bindingHeld,
    text: (f) =>
      f.whose === 'ours'
        ? `${at(f)} is still held by our own dead connection after ${printDuration(f.waitedMs)}, and tunnels may do no more about it.`
        : `${at(f)} is still held after ${printDuration(f.waitedMs)}, and from here it cannot be told by whom. Nothing was ended.`,
    next: (f, tunnel) =>
      `Choose another port (fallbackPorts), or ask an administrator of ${f.on} to find its holder with ${lookCommand(f)} and to end it: ${killCommand(f.pid)}; then: tunnels restart ${tunnel}`,
  },
  'binding-live-here': {
    retry: 'person',
    exit: EXIT.bindingHeld,
    text: (f) => `${at(f)} is held by your own tunnel ${f.tunnel}, which is up.`,
    next: (f) => `Give one of the two another port, or take that one down: tunnels down ${f.tunnel}`,
  },
  'binding-live-elsewhere': {
    retry: 'person',
    exit: EXIT.bindingHeld,
    text: (f) =>
      `${at(f)} is held by a live connection of your own user${f.peer === null ? '' : ` from ${f.peer}`}${f.pid === null ? '' : ` (sshd pid ${f.pid} there)`}: another supervisor of yours, or an ssh -R. It was not touched.`,
    next: (_, tunnel) => `End it where it was started, or take the binding away from it: tunnels up ${tunnel} --take-over`,
  },
  'binding-privileged': {
    retry: 'person',
    exit: EXIT.bindingHeld,
    text: (f) => `${f.on} refused ${f.listen}: nobody listens there, and ports below 1024 are for root.`,
    next: (_, tunnel) => `Choose a port of 1024 or above; then: tunnels restart ${tunnel}`,
  },
  'binding-bad-address': {
    retry: 'person',
    exit: EXIT.bindingHeld,
    text: (f) =>
      `${f.on} can listen on no port at the address of ${f.listen}: it is not one of that machine's own, or its name leads nowhere.`,
    next: () => 'Use an address that this shows, or leave it out for 127.0.0.1: ip -brief address',
  },
  'binding-no-directory': {
    retry: 'person',
    exit: EXIT.bindingHeld,
    text: (f) => `${f.on} could not make the socket ${f.listen}: its directory is missing, or your user may not write there.`,
    next: (f, tunnel) => `Make it there, or choose another path; then: tunnels restart ${tunnel}. What is there shows: ls -ld ${f.listen}*`,
  },
  'no-fallback-left': {
    retry: 'person',
    exit: EXIT.bindingHeld,
    text: (f) =>
      `${at(f)} could not be had${f.holder === null ? '' : ` (held by ${f.holder})`}, and none of the fallback ports ${f.first}-${f.last} either.`,
    next: (f) => `Choose other fallbackPorts. ${ask(f)} ${lookCommand(f)}`,
  },
  'binding-half': {
    retry: 'held',
    exit: EXIT.bindingHeld,
    text: (f) =>
      `${f.on} says that it listens on ${f.listen}, but it does so only on ${f.bound}; ${f.missing} is ${f.holderUid === null ? 'not bound' : `held by another process${f.holderUid === 'unknown' ? '' : ` (of uid ${f.holderUid})`}`}.`,
    next: (f) => `Listen on one address, such as 127.0.0.1, to be told the truth. ${ask(f)} ${lookCommand(f)}`,
  },
  'binding-widened': {
    retry: 'person',
    exit: EXIT.bindingHeld,
    text: (f) =>
      `${f.on} was asked to listen on ${f.listen} and listens on ${f.bound}, for everybody who reaches it (GatewayPorts yes in its sshd_config). The binding was given back.`,
    next: (f) =>
      `If that is wanted: public: true in the profile. If not, ask the administrator of ${f.on} for: GatewayPorts clientspecified`,
  },
  'binding-narrowed': {
    retry: 'person',
    exit: EXIT.bindingHeld,
    text: (f) =>
      `${f.on} was asked to listen on ${f.listen} and listens on ${f.bound} alone, so only that machine itself reaches it (GatewayPorts no in its sshd_config).`,
    next: (f) => `Listen on 127.0.0.1 if that is enough, or ask the administrator of ${f.on} for: GatewayPorts clientspecified`,
  },
};
