import { problem, ProblemError } from '../../model/problem.ts';
import { printHop, type Hop, type KnownHostsFile, type SshSettings } from '../../model/profile.ts';
import { pinnedLines } from '../identity/host-keys/pinned-keys.ts';
import type { ResolvedHop } from '../types.ts';
import type { Answer } from './answer.ts';
import { askForHop, type AskGiven } from './ask-for-hop.ts';
import { readJumps } from './jumps.ts';
import { localUser, type LocalUser } from './local-user.ts';
import { prepareConfig } from './prepared-config.ts';
import { SshDefaults } from './ssh-defaults.ts';
import { toResolvedHop } from './to-resolved-hop.ts';
import { wayOf } from './way-of.ts';

export type RouteGiven = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Left out: they are asked for anew. */
  readonly defaults?: SshDefaults;
};

/**
 * Every hop from here to the far end, with all that connecting needs.
 *
 * The first hop's ProxyJump becomes hops before it. A later hop is carried by the hop before it, so its own
 * ProxyJump and ProxyCommand are not looked at, as ssh(1) -J does. `-o` speaks of the last hop only and `-F` of all, as in ssh(1).
 * Forwards that ssh_config holds are not pulled in.
 * Rejects with ProblemError `ssh-config-invalid`, and with the signal's reason when that is aborted.
 */
export async function resolveRoute(hops: readonly Hop[], settings: SshSettings, given: RouteGiven): Promise<readonly ResolvedHop[]> {
  given.signal.throwIfAborted();
  const user = localUser(given.env);
  const config = await prepareConfig(settings.configFile, user);
  try {
    const last = hops.length - 1;
    const { defaults = new SshDefaults() } = given;
    const ask = { ...given, user, config, defaults: defaults.ask(given), knownHosts: settings.knownHosts ?? null };
    const answers = await Promise.all(hops.map((hop, at) => askOne(hop, { ...ask, options: at === last ? settings.options : [] })));
    const before = answers[0] === undefined ? [] : await jumpsBefore(answers[0], { ...ask, options: [] });
    return withWays([...before, ...answers], given);
  } finally {
    await config.remove();
  }
}

type Asking = AskGiven & { readonly user: LocalUser; readonly knownHosts: KnownHostsFile | null };
type Answered = { readonly hop: Hop; readonly answer: Answer; readonly resolved: ResolvedHop; readonly jumps: readonly Hop[] };

async function askOne(hop: Hop, given: Asking): Promise<Answered> {
  const answer = await askForHop(hop, given);
  const resolved = withLines(withFile(toResolvedHop(hop, answer, given), given.config.named), given.knownHosts);
  return { hop, answer, resolved, jumps: readJumps(hop, answer.get('proxyjump')?.[0], resolved) };
}

const withFile = (hop: ResolvedHop, configFile: string | null): ResolvedHop => (configFile === null ? hop : { ...hop, configFile });

/** Where no line speaks of it, it is the same hop as without the file, and can be shared. */
function withLines(hop: ResolvedHop, file: KnownHostsFile | null): ResolvedHop {
  const lines = file === null ? [] : pinnedLines(hop, file);
  return lines.length === 0 ? hop : { ...hop, knownHosts: { ...hop.knownHosts, lines } };
}

/** Only the first is reached from here; the others are carried by the hop before them, whatever ssh_config has for them. */
const withWays = (route: readonly Answered[], { env }: RouteGiven): ResolvedHop[] =>
  route.map((answered, at) => {
    const { resolved } = answered;
    return at > 0 ? resolved : withPatience({ ...resolved, way: wayOf(answered, resolved, env) }, answered.answer);
  });

/** A ProxyCommand may have to log in somewhere before it says anything; ssh waits for it for ever. */
const COMMAND_PATIENCE_MS = 30_000;

const withPatience = (hop: ResolvedHop, answer: Answer): ResolvedHop =>
  hop.way.command === null || isSet(answer, 'connecttimeout') ? hop : { ...hop, connectTimeoutMs: COMMAND_PATIENCE_MS };

const isSet = (answer: Answer, key: string): boolean => (answer.get(key)?.[0] ?? 'none').toLowerCase() !== 'none';

const MAX_JUMPS = 8;

/**
 * The hops that carry `first`. Of several jumps each is carried by the one before it; only the first of them may
 * have a ProxyJump of its own, and so on: a circle is where that leads to a name that it has led to before.
 */
async function jumpsBefore(first: Answered, given: Asking): Promise<Answered[]> {
  const route: Answered[] = [];
  const seen = new Set<string>();
  for (let at: Answered | undefined = first; at !== undefined && at.jumps.length > 0; at = route[0]) {
    const name = printHop(at.hop);
    if (seen.has(name)) throw loop(first.hop, name);
    // The first may have a way of its own by -o.
    if (at !== first) seen.add(name);
    route.unshift(...(await jumpsOf(at, given)));
    if (route.length > MAX_JUMPS) throw tooMany(first.hop);
  }
  return route;
}

async function jumpsOf(at: Answered, given: Asking): Promise<Answered[]> {
  const jumps = await Promise.all(at.jumps.map((jump) => askOne(jump, given)));
  const itself = [...jumps, at].find(({ resolved }, index) => isItself(jumps[index - 1]?.hop, resolved));
  if (itself !== undefined) throw loop(at.hop, itself.hop.host);
  return jumps;
}

/** Where ssh(1) says "jumphost loop" (ssh.c): the jump is compared as it is written, so by an alias a server may carry itself. */
const isItself = (jump: Hop | undefined, { host, port, user }: ResolvedHop): boolean =>
  jump?.host === host.toLowerCase() && (jump.port ?? 22) === port && (jump.user ?? user) === user;

const loop = (hop: Hop, through: string): ProblemError =>
  new ProblemError(problem('ssh-config-invalid', { host: hop.host, detail: `its ProxyJump leads through ${through} in a circle.` }));

const tooMany = (hop: Hop): ProblemError =>
  new ProblemError(problem('ssh-config-invalid', { host: hop.host, detail: `its ProxyJump needs more than ${MAX_JUMPS} hops.` }));
