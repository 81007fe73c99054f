import type { AgentAuthMethod, ParsedKey, PublicKeyAuthMethod } from 'ssh2';
import { problem, ProblemError, type Problem } from '../../model/problem.ts';
import type { ResolvedHop } from '../types.ts';
import { AGENT_DEADLINES, AgentKey, listAgentKeys, type AgentDeadlines } from './agent.ts';
import { fingerprintOf } from './host-key.ts';
import { readKeyFile, type KeyFile } from './key-file.ts';
import { nothingToLogInWith } from './no-credentials.ts';

/** One key to log in with. */
export type LoginMethod = {
  /** What the user is told was tried: `agent key SHA256:... (comment)`, or the file's path. */
  readonly label: string;
  readonly fingerprint: string;
  readonly method: AgentAuthMethod | PublicKeyAuthMethod;
};

export type Credentials = {
  /** In the order to try; never empty, no key twice. */
  readonly methods: readonly LoginMethod[];
  /** `key-unusable` of keys that were asked for and cannot be used. */
  readonly skipped: readonly Problem[];
};

/**
 * The keys to try at a hop, in ssh(1)'s order (sshconnect2.c, pubkey_prepare): agent keys that belong to the named
 * identities; the agent's other keys unless IdentitiesOnly; key files that the agent does not hold.
 * Read anew for each login: agents and files change.
 * Rejects with ProblemError `key-unusable` or `no-credentials` when there is no key at all.
 */
export async function loadCredentials(hop: ResolvedHop, given: { readonly agent?: AgentDeadlines } = {}): Promise<Credentials> {
  const deadlines = given.agent ?? AGENT_DEADLINES;
  const [agentKeys, files] = await Promise.all([
    hop.agent === null ? null : listAgentKeys(hop.agent, deadlines),
    Promise.all(hop.identities.map(({ path }) => readKeyFile(path))),
  ]);
  const held = hop.agent === null ? [] : (agentKeys ?? []).map((key) => agentMethod(key, { hop, socket: hop.agent ?? '', deadlines }));
  const methods = inOrder(hop, { held, files });
  const unused = files.filter(
    (file) => file.trouble !== null && !methods.some(({ fingerprint }) => fingerprint === fingerprintOfFile(file)),
  );
  if (methods.length === 0) throw new ProblemError(nothingToLogInWith(hop, { agentKeys, unused }));
  const required = unused.filter(({ path }) => hop.identities.some((identity) => identity.required && identity.path === path));
  return { methods, skipped: required.flatMap((file) => unusable(hop, file) ?? []) };
}

const unusable = (hop: ResolvedHop, { path, trouble }: KeyFile): Problem | null =>
  trouble === null ? null : problem('key-unusable', { host: hop.host, path, why: trouble });

function inOrder(hop: ResolvedHop, { held, files }: { held: readonly LoginMethod[]; files: readonly KeyFile[] }): LoginMethod[] {
  const named = files.flatMap((file) => held.find(({ fingerprint }) => fingerprint === fingerprintOfFile(file)) ?? []);
  const others = hop.identitiesOnly ? [] : held;
  return unique([...named, ...others, ...files.flatMap((file) => fileMethod(hop, file) ?? [])]);
}

const unique = (methods: readonly LoginMethod[]): LoginMethod[] =>
  methods.filter(({ fingerprint }, at) => methods.findIndex((other) => other.fingerprint === fingerprint) === at);

const fingerprintOfFile = ({ publicKey }: KeyFile): string | null => (publicKey === null ? null : fingerprintOf(publicKey));

type Holder = { readonly hop: ResolvedHop; readonly socket: string; readonly deadlines: AgentDeadlines };

function agentMethod(key: ParsedKey, { hop, ...holder }: Holder): LoginMethod {
  const fingerprint = fingerprintOf(key.getPublicSSH());
  return {
    label: `agent key ${fingerprint}${key.comment ? ` (${key.comment})` : ''}`,
    fingerprint,
    method: { type: 'agent', username: hop.user, agent: new AgentKey(key, holder) },
  };
}

function fileMethod(hop: ResolvedHop, { path, key }: KeyFile): LoginMethod | null {
  if (key === null) return null;
  return { label: path, fingerprint: fingerprintOf(key.getPublicSSH()), method: { type: 'publickey', username: hop.user, key } };
}
