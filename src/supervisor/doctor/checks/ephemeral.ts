import { advice, type About, type Finding } from '../../../model/finding.ts';
import type { PortRange } from '../../../model/profile.ts';

type Port = { readonly port: number; readonly range: PortRange | null; readonly machine: string };

/** A listening port among those that outgoing connections are given can be taken by one of them at any moment. */
export function ephemeralFinding(about: About, { port, range, machine }: Port): Finding[] {
  if (range === null || port < range.first || port > range.last) return [];
  return [
    advice(about, 'warning', {
      what: `Port ${port} is among those that ${machine} gives its outgoing connections (${range.first}-${range.last}).`,
      why: 'While one of them has it, and for a minute after, nobody can listen there, although no listener is to be seen.',
      fix: `Choose a port below ${range.first}, or reserve it there: sysctl net.ipv4.ip_local_reserved_ports=${port}`,
    }),
  ];
}
