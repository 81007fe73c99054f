import { printDuration } from '../duration.ts';
import { EXIT, type Entries } from './entry.ts';

type Listen = { readonly listen: string };

/** Listening ends on this machine: what is waited for, what was given up, what is odd although it listens. */
export type LocalBindingFacts = {
  /** Held, and another port is taken in `leftMs`. */
  'binding-awaited': Listen & { readonly holder: string; readonly first: number; readonly last: number; readonly leftMs: number };
  /** `by`, `to`: the program that has the outgoing connection, and its far end, as far as they can be seen. */
  'binding-own-source-port': Listen & { readonly by: string | null; readonly to: string | null };
  'binding-given-up': Listen & { readonly holder: string; readonly waitedMs: number };
  'binding-fell-back': Listen & { readonly bound: string; readonly holder: string };
  'binding-half-here': Listen & { readonly bound: string; readonly missing: string; readonly holder: string };
  'binding-ephemeral': Listen & { readonly port: number; readonly first: number; readonly last: number };
};

export const LOCAL_BINDING: Entries<LocalBindingFacts> = {
  'binding-awaited': {
    retry: 'held',
    exit: EXIT.notUpInTime,
    text: (f) => `${f.listen} on this machine is held by ${f.holder}.`,
    next: (f) => `Nothing: it is tried again for ${printDuration(f.leftMs)}, and then a port of ${f.first}-${f.last} is taken instead.`,
  },
  'binding-own-source-port': {
    retry: 'held',
    exit: EXIT.notUpInTime,
    text: (f) =>
      `Nobody listens on ${f.listen} on this machine, but an outgoing connection${f.to === null ? '' : ` to ${f.to}`} has that port as its own${f.by === null ? '' : ` (${f.by})`}. It is free again within a minute after that connection ends.`,
    next: () => 'Nothing: it is tried again. A port below the range of net.ipv4.ip_local_port_range cannot be lost like this.',
  },
  'binding-given-up': {
    retry: 'person',
    exit: EXIT.bindingHeld,
    text: (f) =>
      `${f.listen} on this machine is still held by ${f.holder} after ${printDuration(f.waitedMs)}, longer than giveUpAfter allows.`,
    next: (_, tunnel) => `End it, choose another port, or name fallbackPorts in the profile; then: tunnels restart ${tunnel}`,
  },
  'binding-fell-back': {
    retry: 'held',
    exit: EXIT.bindingHeld,
    text: (f) => `It fell back to ${f.bound}, because ${f.listen} is held by ${f.holder}.`,
    next: (f, tunnel) => `Connect to ${f.bound}. Once ${f.listen} is free, this takes it again: tunnels restart ${tunnel}`,
  },
  'binding-half-here': {
    retry: 'held',
    exit: EXIT.bindingHeld,
    text: (f) =>
      `${f.listen} listens only on ${f.bound}; ${f.missing} is held by ${f.holder}, which a client that connects to localhost may reach instead.`,
    next: (f) => `End it, or connect to ${f.bound}; ${f.missing} is taken as soon as it is free.`,
  },
  'binding-ephemeral': {
    retry: 'held',
    exit: EXIT.bindingHeld,
    text: (f) =>
      `${f.listen} is among the ports that this machine gives its outgoing connections (${f.first}-${f.last}): while one of them has it, and for a minute after, nobody can listen there.`,
    next: (f) => `Choose a port below ${f.first}, or reserve it: sudo sysctl net.ipv4.ip_local_reserved_ports=${f.port}`,
  },
};
