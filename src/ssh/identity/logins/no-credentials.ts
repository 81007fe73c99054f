import { problem, type Problem } from '../../../model/problem.ts';
import type { KeyTrouble } from '../../../model/problems/login.ts';
import type { ResolvedHop } from '../../types.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { UnusedKey } from '../keys/usable-keys.ts';

type Looked = { readonly ring: KeyRing; readonly unused: readonly UnusedKey[] };

/** An agent that may have had the key; else a key that was asked for; then one that is at least there; else where was looked in vain. */
export function nothingToLogInWith(hop: ResolvedHop, { ring, unused }: Looked): Problem {
  const found = unused.find(({ missed }) => missed) ?? unused.find(({ trouble }) => trouble !== 'missing');
  const [unusable] = agentUnusable(hop, ring);
  if (unusable !== undefined && (found === undefined || mayBeHeld(found))) return unusable;
  if (found !== undefined) return found.problem;
  const why = `${aboutAgent(hop, ring)}, and ${aboutFiles(hop)}`;
  return problem('no-credentials', { host: hop.host, user: hop.user, why });
}

/** Of the key there is only what is public, or it is locked: the agent may have the rest. */
const mayBeHeld = ({ trouble, isKnown }: UnusedKey): boolean => isKnown && BY_AGENT.includes(trouble);

const BY_AGENT: readonly KeyTrouble[] = ['not-a-key', 'encrypted', 'security-key', 'no-key-for-certificate', 'missing'];

/** One or none. */
export const agentUnusable = ({ host, agent }: ResolvedHop, { agentTrouble: why }: KeyRing): Problem[] =>
  agent === null || why === null ? [] : [problem('agent-unusable', { host, socket: agent, why })];

function aboutAgent({ agent, identitiesOnly }: ResolvedHop, { held }: KeyRing): string {
  if (agent === null) return 'no agent is running (SSH_AUTH_SOCK is not set, or IdentityAgent is none)';
  if (held.length === 0) return `the agent at ${agent} holds no key that can be used here`;
  return identitiesOnly
    ? `none of the agent's ${held.length} keys is a named identity (IdentitiesOnly)`
    : `the agent at ${agent} holds no other key`;
}

const aboutFiles = ({ identities }: ResolvedHop): string =>
  identities.length === 0 ? 'no key file is named' : `there is no key at ${identities.map(({ path }) => path).join(', ')}`;
