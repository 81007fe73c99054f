import type { Finding } from '../../model/finding.ts';
import { problemOf } from '../../model/problem.ts';
import type { Forward, Profile } from '../../model/profile.ts';
import { resolveRoute } from '../../ssh/config/resolve-route.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { ResolvedHop } from '../../ssh/types.ts';
import { CHECKS, run } from './checks.ts';
import { hopFacts, visit, type Visit } from './collect/hops.ts';
import { localFacts } from './collect/local.ts';
import { remoteFacts } from './collect/remote.ts';
import type { MachineFacts, RouteFacts } from './facts.ts';
import type { Examining } from './needs.ts';

/** What is examined beside the profile, and where connections are kept until all is over: profiles may share hops. */
export type Round = { readonly machine: MachineFacts; readonly keep: (visit: Visit) => void };

/** All that can be said of one profile, nothing changed. Never rejects but with the signal's reason. */
export async function examine(profile: Profile, round: Round, examining: Examining): Promise<Finding[]> {
  const route = await routeOf(profile, examining);
  const findings = run(CHECKS.route, { subject: `profile ${profile.name}`, route });
  const there = Array.isArray(route) ? await examineHops(profile, { route, round }, examining) : [];
  return [...findings, ...there, ...(await examineHere(profile, round, examining))];
}

async function routeOf({ hops, ssh }: Profile, { env, signal }: Examining): Promise<RouteFacts['route']> {
  try {
    return await resolveRoute(hops, ssh, { env, signal });
  } catch (error) {
    signal.throwIfAborted();
    return problemOf(error);
  }
}

async function examineHere(profile: Profile, { machine }: Round, examining: Examining): Promise<Finding[]> {
  const given = { profile, tunnels: examining.snapshot(), machine };
  const local = profile.forwards.filter(({ on }) => on === 'local');
  const all = await Promise.all(local.map((forward) => localFacts(forward, given)));
  return all.flatMap((facts) => run(CHECKS.local, facts));
}

type Way = { readonly route: readonly ResolvedHop[]; readonly round: Round };

async function examineHops(profile: Profile, { route, round }: Way, examining: Examining): Promise<Finding[]> {
  const visited = await visit(route, profile, examining);
  round.keep(visited);
  examining.signal.throwIfAborted();
  // ssh_config may have put hops of its own before those of the profile.
  const before = route.length - profile.hops.length;
  const findings: Finding[] = [];
  for (const [index, hop] of visited.visited.entries()) {
    const remote = profile.forwards.filter(({ on }) => on !== 'local' && on + before === index);
    // First, as looking at bindings shows what the account allows.
    if (hop.link !== null) findings.push(...(await examineRemote(remote, { profile, link: hop.link }, examining)));
    findings.push(...run(CHECKS.hop, await hopFacts(hop, { tunnel: profile.name, listens: remote.length > 0 }, examining)));
  }
  return findings;
}

type There = { readonly profile: Profile; readonly link: HopLink };

async function examineRemote(forwards: readonly Forward[], there: There, examining: Examining): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const forward of forwards) {
    findings.push(...run(CHECKS.remote, await remoteFacts(forward, { ...there, tunnels: examining.snapshot() }, examining)));
  }
  return findings;
}
