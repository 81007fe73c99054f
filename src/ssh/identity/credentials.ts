import type { AgentAuthMethod, ParsedKey, PublicKeyAuthMethod } from 'ssh2';
import { problem, ProblemError, type Problem } from '../../model/problem.ts';
import type { ResolvedHop } from '../types.ts';
import { AGENT_DEADLINES, AgentKey, listAgentKeys, type AgentDeadlines } from './agent.ts';
import type { Asked } from './asking.ts';
import { fingerprintOf } from './host-key.ts';
import { readKeyFile, type KeyFile } from './key-file.ts';
import { parsePublic } from './key-format.ts';
import { LockedKey } from './locked-key.ts';
import { nothingToLogInWith } from './no-credentials.ts';

/** One key to log in with. */
export type LoginMethod = {
  /** What the user is told was tried: `agent key SHA256:... (comment)`, or the file's path. */
  readonly label: string;
  readonly fingerprint: string;
  readonly method: AgentAuthMethod | PublicKeyAuthMethod;
};

export type Credentials = {
  /** In the order to try, no key twice; empty only where a person may be asked for another way in. */
  readonly methods: readonly LoginMethod[];
  /** `key-unusable` of keys that were asked for and cannot be used. */
  readonly skipped: readonly Problem[];
  /** Why there is no key, where there is none: `key-unusable` or `no-credentials`. */
  readonly nothing: Problem | null;
};

type LoadGiven = {
  readonly agent?: AgentDeadlines;
  /** Who may be asked for passphrases; without, keys that are locked cannot be used. */
  readonly asked?: Asked | null;
};

/**
 * The keys to try at a hop, in ssh(1)'s order (sshconnect2.c, pubkey_prepare): agent keys that belong to the named
 * identities; the agent's other keys unless IdentitiesOnly; key files that the agent does not hold.
 * Read anew for each login: agents and files change.
 * Rejects with ProblemError `key-unusable` or `no-credentials` when there is no key at all and nobody to be asked.
 */
export async function loadCredentials(hop: ResolvedHop, given: LoadGiven = {}): Promise<Credentials> {
  const deadlines = given.agent ?? AGENT_DEADLINES;
  const [agentKeys, files] = await Promise.all([
    hop.agent === null ? null : listAgentKeys(hop.agent, deadlines),
    Promise.all(hop.identities.map(({ path }) => readKeyFile(path))),
  ]);
  const held = hop.agent === null ? [] : (agentKeys ?? []).map((key) => agentMethod(key, { hop, socket: hop.agent ?? '', deadlines }));
  const asked = given.asked ?? null;
  const methods = inOrder(hop, { held, files, asked });
  const unused = files.filter(
    (file) => file.trouble !== null && !methods.some(({ fingerprint }) => fingerprint === fingerprintOfFile(file)),
  );
  const nothing = methods.length === 0 ? nothingToLogInWith(hop, { agentKeys, unused }) : null;
  if (nothing !== null && asked === null) throw new ProblemError(nothing);
  const required = unused.filter(({ path }) => hop.identities.some((identity) => identity.required && identity.path === path));
  return { methods, skipped: required.flatMap((file) => unusable(hop, file) ?? []), nothing };
}

const unusable = (hop: ResolvedHop, { path, trouble }: KeyFile): Problem | null =>
  trouble === null ? null : problem('key-unusable', { host: hop.host, path, why: trouble });

type Found = { readonly held: readonly LoginMethod[]; readonly files: readonly KeyFile[]; readonly asked: Asked | null };

function inOrder(hop: ResolvedHop, { held, files, asked }: Found): LoginMethod[] {
  const named = files.flatMap((file) => held.find(({ fingerprint }) => fingerprint === fingerprintOfFile(file)) ?? []);
  const others = hop.identitiesOnly ? [] : held;
  return unique([...named, ...others, ...files.flatMap((file) => fileMethod(hop, file, asked) ?? [])]);
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

function fileMethod(hop: ResolvedHop, file: KeyFile, asked: Asked | null): LoginMethod | null {
  const { path, key } = file;
  if (key !== null)
    return { label: path, fingerprint: fingerprintOf(key.getPublicSSH()), method: { type: 'publickey', username: hop.user, key } };
  return file.trouble === 'encrypted' && asked !== null ? lockedMethod(hop, file, asked) : null;
}

/** Until its passphrase is known, a key whose public half is nowhere has only its path to be told by. */
function lockedMethod(hop: ResolvedHop, file: KeyFile, asked: Asked): LoginMethod {
  const { path } = file;
  const publicKey = file.publicKey === null ? null : parsePublic(file.publicKey);
  const fingerprint = fingerprintOfFile(file);
  const agent = new LockedKey({ path, publicKey, fingerprint }, { ...asked, tries: hop.login.passwordPrompts });
  return { label: path, fingerprint: fingerprint ?? path, method: { type: 'agent', username: hop.user, agent } };
}
