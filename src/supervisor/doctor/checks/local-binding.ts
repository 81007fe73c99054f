import { isSocket, printAddress } from '../../../model/address.ts';
import { allWell, type Finding, trouble } from '../../../model/finding.ts';
import { problem } from '../../../model/problem.ts';
import { describeHolder } from '../../../platform/port-holder.ts';
import type { LocalFacts } from '../facts.ts';

/** Who listens where the profile wants to, and which connections of that port are about. */
export function checkLocalBinding(facts: LocalFacts): Finding[] {
  const { subject, listen, listener, tunnel } = facts;
  const about = { check: 'local-binding', subject };
  const at = printAddress(listen);
  if (listener === tunnel) return [allWell(about, `The tunnel itself listens on ${at}.`)];
  if (facts.isHeld) {
    const holder = listener === null ? describeHolder(facts.holder) : `your own tunnel ${listener}`;
    const held = problem('binding-held', { listen: at, on: 'this machine', holder });
    return [trouble(about, held, { why: `The forward cannot listen until it is free.${others(facts)}`, fix: toFree(facts) })];
  }
  if (!isSocket(listen) && listen.port === 0) return [allWell(about, 'Any free port will do.')];
  return [allWell(about, `${at} is free.${others(facts)}`)];
}

function toFree({ listener, holder }: LocalFacts): string {
  if (listener !== null) return `Give one of the two another port, or take that one down: tunnels down ${listener}`;
  const pid = holder?.pid ?? null;
  const end = pid === null ? 'End it' : `End it (kill ${pid})`;
  return `${end}, choose another port, or name fallbackPorts in the profile.`;
}

/** TIME_WAIT and its like look like a holder in netstat and are none. */
function others({ connections }: LocalFacts): string {
  if (connections.length === 0) return '';
  const states = [...new Set(connections.map(({ state }) => state))];
  const counted = states.map((state) => `${connections.filter((row) => row.state === state).length} ${state}`).join(', ');
  return ` Connections of that port are about (${counted}); they keep nobody from listening.`;
}
