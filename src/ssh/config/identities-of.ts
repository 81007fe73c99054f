import type { Hop } from '../../model/profile.ts';
import type { ResolvedHop } from '../types.ts';
import type { Answer } from './answer.ts';

type Identities = ResolvedHop['identities'];

/**
 * The profile's keys; else those of ssh_config; else the names that ssh looks for by itself.
 * Only the last are not missed when they are absent.
 */
export function identitiesOf(hop: Hop, answer: Answer, path: (text: string) => string): Identities {
  // The tokens of ssh_config(5) are not for profiles: there a % is a %, and an absolute path is just that file.
  const named = (text: string): string => (text.startsWith('/') ? text : path(text.replaceAll('%', '%%')));
  if (hop.identity.length > 0) return unique(hop.identity.map((text) => ({ path: named(text), required: true })));
  const said = answer.get('identityfile') ?? DEFAULT_NAMES.map((name) => `~/.ssh/${name}`);
  const required = !isDefaultList(said);
  return unique(said.filter((text) => text.toLowerCase() !== 'none').map((text) => ({ path: path(text), required })));
}

/** Those of OpenSSH (readconf.c, fill_default_options) whose kind can be used here. */
const DEFAULT_NAMES = ['id_rsa', 'id_ecdsa', 'id_ed25519'];

/** `ssh -G` prints its default list as if it had been configured; it is known by holding all these names and no other. */
function isDefaultList(said: readonly string[]): boolean {
  const names = new Set(said.map((text) => /^~[/\\]\.ssh[/\\](id_[a-z0-9_]+)$/.exec(text)?.[1]));
  return !names.has(undefined) && DEFAULT_NAMES.every((name) => names.has(name));
}

const unique = (identities: Identities): Identities =>
  identities.filter(({ path }, at) => identities.findIndex((other) => other.path === path) === at);
