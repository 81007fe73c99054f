import type { ParsedKey } from 'ssh2';
import { problem, type Problem } from '../../model/problem.ts';
import type { ResolvedHop } from '../types.ts';
import type { KeyFile } from './key-file.ts';

type Looked = {
  /** Null: no agent, or none that answers. */
  readonly agentKeys: readonly ParsedKey[] | null;
  readonly unused: readonly KeyFile[];
};

/** A key that was asked for says most; then one that is at least there; else where was looked in vain. */
export function nothingToLogInWith(hop: ResolvedHop, { agentKeys, unused }: Looked): Problem {
  const required = unused.find(({ path }) => hop.identities.some((identity) => identity.required && identity.path === path));
  const present = unused.find(({ trouble }) => trouble !== 'missing');
  const file = required ?? present;
  if (file !== undefined && file.trouble !== null) return problem('key-unusable', { host: hop.host, path: file.path, why: file.trouble });
  const why = `${aboutAgent(hop, agentKeys)}, and ${aboutFiles(hop)}`;
  return problem('no-credentials', { host: hop.host, user: hop.user, why });
}

function aboutAgent({ agent, identitiesOnly }: ResolvedHop, keys: Looked['agentKeys']): string {
  if (agent === null) return 'no agent is running (SSH_AUTH_SOCK is not set, or IdentityAgent is none)';
  if (keys === null) return `the agent at ${agent} does not answer`;
  if (keys.length === 0) return `the agent at ${agent} holds no key that can be used here`;
  return identitiesOnly
    ? `none of the agent's ${keys.length} keys is a named identity (IdentitiesOnly)`
    : `the agent at ${agent} holds no other key`;
}

const aboutFiles = ({ identities }: ResolvedHop): string =>
  identities.length === 0 ? 'no key file is named' : `there is no key at ${identities.map(({ path }) => path).join(', ')}`;
