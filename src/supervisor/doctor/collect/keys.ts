import { problemOf } from '../../../model/problem.ts';
import { AGENT_DEADLINES, listAgentKeys } from '../../../ssh/identity/agent.ts';
import { loadCredentials } from '../../../ssh/identity/credentials.ts';
import { loadKnownKeys } from '../../../ssh/identity/known-keys.ts';
import type { ResolvedHop } from '../../../ssh/types.ts';
import type { KeyFacts, KnownFacts } from '../facts.ts';

/** What there is to log in to a hop with. Reads files and asks the agent, never the server. */
export async function keyFacts(hop: ResolvedHop): Promise<KeyFacts> {
  const login = await loadCredentials(hop).then(
    ({ methods, skipped }) => ({ labels: methods.map(({ label }) => label), skipped }),
    (error: unknown) => problemOf(error),
  );
  if (hop.agent === null) return { login, agent: null };
  const keys = await listAgentKeys(hop.agent, AGENT_DEADLINES);
  return { login, agent: { socket: hop.agent, keys: keys?.length ?? null } };
}

export async function knownFacts(hop: ResolvedHop): Promise<KnownFacts> {
  const { known, withoutPort, unreadable } = await loadKnownKeys(hop);
  return { pins: hop.knownHosts.pins, at: [...known, ...withoutPort].map(({ file, line }) => `${file}:${line}`), unreadable };
}
