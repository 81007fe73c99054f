import { isSocket } from '../../model/address.ts';
import type { Forward } from '../../model/profile.ts';
import { each, findingAt, type Linted, type LintFinding, listenPath } from './linted.ts';

/** ip_local_port_range of Linux as it comes (ip-sysctl in the kernel's documentation); what a server really has, `tunnels doctor` asks it. */
const EPHEMERAL = { first: 32_768, last: 60_999 } as const;
/** Below it only root may listen, where nobody has said otherwise (ip(7), ip_unprivileged_port_start). */
const PRIVILEGED = 1024;

/** Forwards that can hardly work, by the number of their port alone. */
export const portNumber = each((profile: Linted): readonly LintFinding[] =>
  profile.loaded.profile.forwards.flatMap((forward, index) => {
    const told = oddOf(forward, profile);
    return told === null ? [] : [findingAt(profile, listenPath(forward, index), told)];
  }),
);

type Told = Parameters<typeof findingAt>[2];

function oddOf({ on, listen }: Forward, { loaded }: Linted): Told | null {
  if (isSocket(listen) || listen.port === 0) return null;
  const { port } = listen;
  if (on === 'local') return port < PRIVILEGED ? privilegedHere(port) : null;
  const hop = loaded.profile.hops[on];
  if (port < PRIVILEGED && hop?.user !== 'root') return privilegedThere(port, `${hop?.user ?? ''}@${hop?.host ?? ''}`.replace(/^@/, ''));
  return port >= EPHEMERAL.first && port <= EPHEMERAL.last ? ephemeral(port, hop?.host ?? '') : null;
}

const privilegedHere = (port: number): Told => ({
  rule: 'privileged-port',
  severity: 'warning',
  text: `Port ${port} is below ${PRIVILEGED}: on most machines only root may listen there.`,
  why: 'For everybody else the forward does not come up.',
  fix: `Choose a port of ${PRIVILEGED} or above.`,
});

const privilegedThere = (port: number, login: string): Told => ({
  rule: 'privileged-port',
  severity: 'warning',
  text: `Port ${port} is below ${PRIVILEGED}, and ${login} is not root's login.`,
  why: 'sshd lets only root listen there; every other login is refused without a reason.',
  fix: `Choose a port of ${PRIVILEGED} or above.`,
});

const ephemeral = (port: number, host: string): Told => ({
  rule: 'ephemeral-port',
  severity: 'warning',
  text: `Port ${port} is among those that a Linux server such as ${host} gives its outgoing connections (${EPHEMERAL.first}-${EPHEMERAL.last}).`,
  why: 'While one of them has it, and for a minute after, nobody can listen there, although no listener is to be seen.',
  fix: `Choose a port below ${EPHEMERAL.first}, or reserve it there: sysctl net.ipv4.ip_local_reserved_ports=${port}`,
});
