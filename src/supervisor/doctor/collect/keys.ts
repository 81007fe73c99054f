import { problemOf } from '../../../model/problem.ts';
import type { Clock } from '../../../platform/clock.ts';
import { AGENT_DEADLINES, listAgentKeys } from '../../../ssh/identity/agent.ts';
import { loadCredentials } from '../../../ssh/identity/credentials.ts';
import { loadKnownKeys } from '../../../ssh/identity/known-keys.ts';
import type { ResolvedHop } from '../../../ssh/types.ts';
import type { KeyFacts, KnownFacts } from '../facts.ts';

/** What there is to log in to a hop with. Reads files and asks the agent, never the server. */
export async function keyFacts(hop: ResolvedHop, clock: Clock): Promise<KeyFacts> {
  const login = await loadCredentials(hop, { clock }).then(
    ({ methods, skipped, certificates }) => ({ labels: methods.map(({ label }) => label), skipped, certificates }),
    (error: unknown) => problemOf(error),
  );
  if (hop.agent === null) return { login, agent: null };
  const keys = await listAgentKeys({ socket: hop.agent, deadlines: AGENT_DEADLINES, clock });
  return { login, agent: { socket: hop.agent, keys: typeof keys === 'string' ? keys : keys.length } };
}

export async function knownFacts(hop: ResolvedHop): Promise<KnownFacts> {
  const { known, withoutPort, unreadable } = await loadKnownKeys(hop);
  return { pins: hop.knownHosts.pins, at: [...known, ...withoutPort].map(({ file, line }) => `${file}:${line}`), unreadable };
}
