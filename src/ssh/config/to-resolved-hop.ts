import type { Hop } from '../../model/profile.ts';
import { DEFAULT_OPTIONS } from '../hop-options.ts';
import type { ResolvedHop } from '../types.ts';
import { splitPaths, type Answer } from './answer.ts';
import { configInvalid } from './config-invalid.ts';
import { expandPath, type PathContext } from './expand-path.ts';
import { agentOf } from './agent-of.ts';
import { identitiesOf } from './identities-of.ts';
import type { LocalUser } from './local-user.ts';
import { SYSTEM_CONFIG } from './prepared-config.ts';
import { loginOf } from './login-of.ts';
import { type Asked, secondsOf } from './read-value.ts';
import { rekeyOf } from './rekey-of.ts';
import { trustOf } from './trust-of.ts';
import { listOf } from './algorithm-lists.ts';

type Given = { readonly env: Readonly<Record<string, string | undefined>>; readonly user: LocalUser };

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

/**
 * What the profile says, then what ssh_config says, then ssh's defaults; how the way begins is left to `wayOf`, as it
 * counts for the first hop only. Throws `ssh-config-invalid`.
 */
export function toResolvedHop(hop: Hop, answer: Answer, given: Given): ResolvedHop {
  const asked = { hop, answer };
  const first = (key: string): string | undefined => answer.get(key)?.[0];
  const host = first('hostname') ?? hop.host;
  const port = hop.port ?? portOf(hop, first('port'));
  const user = hop.user ?? first('user') ?? given.user.name;
  const alias = first('hostkeyalias')?.toLowerCase() ?? null;
  const context: PathContext = { ...given, name: hop.host, host, alias, port, remoteUser: user };
  const path = (text: string): string => pathOf(hop, text, context);
  return {
    name: hop.host,
    host,
    port,
    user,
    identities: identitiesOf(hop, answer, path),
    identitiesOnly: first('identitiesonly') === 'yes',
    agent: agentOf(first('identityagent'), { env: given.env, path }),
    knownHosts: {
      alias,
      userFiles: files(answer.get('userknownhostsfile') ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'], path),
      systemFiles: files(answer.get('globalknownhostsfile') ?? systemKnownHosts, path),
      pins: hop.hostKey,
    },
    login: loginOf(asked, path),
    trust: trustOf(asked, path),
    algorithms: algorithmsOf(asked),
    rekey: rekeyOf(asked),
    way: DEFAULT_OPTIONS.way,
    connectTimeoutMs: connectTimeoutOf(first('connecttimeout')),
    addressFamily: familyOf(first('addressfamily')),
  };
}

const systemKnownHosts = ['ssh_known_hosts', 'ssh_known_hosts2'].map((name) => SYSTEM_CONFIG.replace(/ssh_config$/, name));

function pathOf(hop: Hop, text: string, context: PathContext): string {
  const expanded = expandPath(text.replace('__PROGRAMDATA__', context.env['ProgramData'] ?? ''), context);
  if (!expanded.ok) throw configInvalid(hop, `the path ${text} ${expanded.error}.`);
  return expanded.value;
}

const files = (values: readonly string[], path: (text: string) => string): string[] =>
  values
    .flatMap(splitPaths)
    .filter((text) => text.toLowerCase() !== 'none')
    .map(path);

function portOf(hop: Hop, text: string | undefined): number {
  const port = Number(text ?? '22');
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw configInvalid(hop, `its Port is ${text}, which is not a port.`);
  return port;
}

const algorithmsOf = (asked: Asked): ResolvedHop['algorithms'] => ({
  kex: listOf(asked, 'KexAlgorithms'),
  hostKey: listOf(asked, 'HostKeyAlgorithms'),
  ciphers: listOf(asked, 'Ciphers'),
  macs: listOf(asked, 'MACs'),
});

/** `ssh -G` prints seconds, or `none`. */
function connectTimeoutOf(text: string | undefined): number {
  const seconds = secondsOf(text ?? 'none') ?? 0;
  return seconds > 0 ? seconds * 1000 : DEFAULT_CONNECT_TIMEOUT_MS;
}

function familyOf(text: string | undefined): ResolvedHop['addressFamily'] {
  return text === 'inet' || text === 'inet6' ? text : 'any';
}
