import { serverPatience } from '../../../decide/server-patience.ts';
import { advice, allWell, type Finding } from '../../../model/finding.ts';
import { printDuration } from '../../../model/duration.ts';
import type { HopFacts, ServerFacts } from '../facts.ts';

/** How long this server keeps the port of a client that is gone. */
export function checkClientAlive({ subject, server }: HopFacts): Finding[] {
  if (server === null) return [];
  const about = { check: 'client-alive', subject };
  if (server.ident.startsWith('dropbear')) return [advice(about, 'warning', DROPBEAR)];
  const { keepalive } = server;
  if (keepalive === null) return [advice(about, 'note', UNKNOWN)];
  const maybe = keepalive.conditional ? ' A Match block there may say otherwise for your login.' : '';
  // A count of 0 ends no connection (sshd_config(5)).
  if (keepalive.intervalMs === 0 || keepalive.countMax === 0) return [advice(about, 'warning', withoutLimit(server, maybe))];
  return [allWell(about, `The server lets a silent client go after ${printDuration(heldMs(server))}.${maybe}`)];
}

/** `pokedAfterMs` 0: something was sent to the dead client at once. */
export function heldMs({ ident, keepalive }: ServerFacts, pokedAfterMs: number | null = null): number {
  const known = { clientAliveIntervalMs: keepalive?.intervalMs ?? null, clientAliveCountMax: keepalive?.countMax ?? null };
  return serverPatience({ ident, ...known, pokedAfterMs }).ms ?? 0;
}

function withoutLimit(server: ServerFacts, maybe: string) {
  const setting = server.keepalive?.intervalMs === 0 ? 'ClientAliveInterval is 0' : 'ClientAliveCountMax is 0';
  const long = printDuration(heldMs(server));
  const poked = printDuration(heldMs(server, 0));
  return {
    what: `${setting}: the server never asks whether its client is still there.${maybe}`,
    why: `After a lost connection it may hold a port for up to ${long}, or ${poked} once something was sent to the dead client, unless tunnels can free it.`,
    fix: 'Ask the administrator to add these two lines to sshd_config, before any Match, and to reload sshd:\nClientAliveInterval 15\nClientAliveCountMax 3',
  };
}

const UNKNOWN = {
  what: 'How long the server waits for a silent client is not shown to this account.',
  why: 'When a held port will be free cannot be told beforehand; tunnels learns it from what it sees.',
  fix: 'Ask the administrator for ClientAliveInterval and ClientAliveCountMax: sudo sshd -T | grep -i clientalive',
};

const DROPBEAR = {
  what: 'The server is dropbear, which shows nobody whether it has a keepalive; by default it has none at all.',
  why: 'After a lost connection it may hold a port for ever, or 16 min once something was sent to the dead client.',
  fix: 'Ask the administrator to start it with: dropbear -K 15',
};
