import { problem, type Problem } from '../../model/problem.ts';
import { agentWords } from '../../model/problems/login.ts';
import type { ResolvedHop } from '../types.ts';
import type { KeyRing } from './key-ring.ts';
import type { UnusedKey } from './usable-keys.ts';

type Looked = { readonly ring: KeyRing; readonly unused: readonly UnusedKey[] };

/** A key that was asked for says most; then one that is at least there; else where was looked in vain. */
export function nothingToLogInWith(hop: ResolvedHop, { ring, unused }: Looked): Problem {
  const found = unused.find(({ missed }) => missed) ?? unused.find(({ trouble }) => trouble !== 'missing');
  if (found !== undefined) return agentIsMissed(found, ring) ? (agentUnusable(hop, ring)[0] ?? found.problem) : found.problem;
  const why = `${aboutAgent(hop, ring)}, and ${aboutFiles(hop)}`;
  return problem('no-credentials', { host: hop.host, user: hop.user, why });
}

/** Of the key there is only what is public, or it is locked: the agent would have had the rest. */
const agentIsMissed = ({ trouble, isKnown }: UnusedKey, { agentTrouble }: KeyRing): boolean =>
  agentTrouble !== null && isKnown && ['not-a-key', 'encrypted', 'security-key', 'no-key-for-certificate', 'missing'].includes(trouble);

/** One or none. */
export const agentUnusable = ({ host, agent }: ResolvedHop, { agentTrouble: why }: KeyRing): Problem[] =>
  agent === null || why === null ? [] : [problem('agent-unusable', { host, socket: agent, why })];

function aboutAgent({ agent, identitiesOnly }: ResolvedHop, { held, agentTrouble }: KeyRing): string {
  if (agent === null) return 'no agent is running (SSH_AUTH_SOCK is not set, or IdentityAgent is none)';
  if (agentTrouble !== null) return `the agent at ${agent} ${agentWords[agentTrouble]}`;
  if (held.length === 0) return `the agent at ${agent} holds no key that can be used here`;
  return identitiesOnly
    ? `none of the agent's ${held.length} keys is a named identity (IdentitiesOnly)`
    : `the agent at ${agent} holds no other key`;
}

const aboutFiles = ({ identities }: ResolvedHop): string =>
  identities.length === 0 ? 'no key file is named' : `there is no key at ${identities.map(({ path }) => path).join(', ')}`;
