import { problem, ProblemError } from '../../model/problem.ts';
import { printHop, type Hop, type SshSettings } from '../../model/profile.ts';
import type { ResolvedHop } from '../types.ts';
import { askForHop, type AskGiven } from './ask-for-hop.ts';
import { readJumps } from './jumps.ts';
import { localUser, type LocalUser } from './local-user.ts';
import { prepareConfig } from './prepared-config.ts';
import { toResolvedHop } from './to-resolved-hop.ts';

export type RouteGiven = { readonly env: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal };

/**
 * Every hop from here to the far end, with all that connecting needs.
 *
 * The first hop's ProxyJump becomes hops before it. A later hop is carried by the hop before it, so its own
 * ProxyJump is not looked at, as ssh(1) -J does. `-o` speaks of the last hop only and `-F` of all, as in ssh(1).
 * Forwards that ssh_config holds are not pulled in.
 * Rejects with ProblemError `ssh-config-invalid`, and with the signal's reason when that is aborted.
 */
export async function resolveRoute(hops: readonly Hop[], settings: SshSettings, given: RouteGiven): Promise<readonly ResolvedHop[]> {
  given.signal.throwIfAborted();
  const user = localUser(given.env);
  const config = await prepareConfig(settings.configFile, user);
  try {
    const last = hops.length - 1;
    const ask = { ...given, user, config };
    const answers = await Promise.all(hops.map((hop, at) => askOne(hop, { ...ask, options: at === last ? settings.options : [] })));
    const before = answers[0] === undefined ? [] : await jumpsBefore(answers[0], { ...ask, options: [] });
    return [...before, ...answers.map((answer) => answer.resolved)];
  } finally {
    await config.remove();
  }
}

type Asking = AskGiven & { readonly user: LocalUser };
type Answered = { readonly hop: Hop; readonly resolved: ResolvedHop; readonly jumps: readonly Hop[] };

async function askOne(hop: Hop, given: Asking): Promise<Answered> {
  const answer = await askForHop(hop, given);
  const resolved = toResolvedHop(hop, answer, given);
  return { hop, resolved, jumps: readJumps(hop, answer.get('proxyjump')?.[0], resolved) };
}

const MAX_JUMPS = 8;

/**
 * The hops that carry `first`. Of several jumps each is carried by the one before it; only the first of them may
 * have a ProxyJump of its own, and so on.
 */
async function jumpsBefore(first: Answered, given: Asking): Promise<ResolvedHop[]> {
  const route: ResolvedHop[] = [];
  const seen = new Set([nameOf(first.resolved)]);
  for (let at = first; at.jumps.length > 0; ) {
    const answers = await Promise.all(at.jumps.map((jump) => askOne(jump, given)));
    for (const { resolved } of answers) {
      if (seen.has(nameOf(resolved))) throw loop(first.hop, resolved.name);
      seen.add(nameOf(resolved));
    }
    route.unshift(...answers.map((answer) => answer.resolved));
    if (route.length > MAX_JUMPS) throw tooMany(first.hop);
    const next = answers[0];
    if (next === undefined) break;
    at = next;
  }
  return route;
}

const nameOf = (hop: ResolvedHop): string => printHop(hop);

const loop = (hop: Hop, through: string): ProblemError =>
  new ProblemError(problem('ssh-config-invalid', { host: hop.host, detail: `its ProxyJump leads through ${through} in a circle.` }));

const tooMany = (hop: Hop): ProblemError =>
  new ProblemError(problem('ssh-config-invalid', { host: hop.host, detail: `its ProxyJump needs more than ${MAX_JUMPS} hops.` }));
