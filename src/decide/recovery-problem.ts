import { isSocket, printAddress, printHostPort } from '../model/address.ts';
import type { BindingVerdict, Holder, ServerSaying } from '../model/binding.ts';
import { problem, type Problem } from '../model/problem.ts';
import type { Where } from '../model/problems/look.ts';
import { holderWords } from '../model/problems/recovery.ts';
import type { Policy } from './recovery.ts';

/** Which binding it is about. */
type About = Pick<Policy, 'listen' | 'on'>;

export const whereOf = ({ listen, on }: About): Where => ({
  listen: printAddress(listen),
  on,
  port: isSocket(listen) ? null : listen.port,
});

type Stale = { readonly pid: number | null; readonly etaMs: number | null; readonly atMost: boolean };
export const staleProblem = (about: About, facts: Stale): Problem => problem('binding-stale', { ...whereOf(about), ...facts });

export const unknownProblem = (about: About): Problem => problem('binding-unknown-holder', whereOf(about));

type NotFreed = { readonly whose: 'ours' | 'unknown'; readonly pid: number | null; readonly waitedMs: number };
export const notFreedProblem = (about: About, facts: NotFreed): Problem => problem('binding-not-freed', { ...whereOf(about), ...facts });

/** Nobody listens, and yet it is refused: for a socket its directory is the reason. */
export const sourcePortProblem = (about: About, etaMs: number | null): Problem =>
  isSocket(about.listen) ? problem('binding-no-directory', whereOf(about)) : problem('binding-source-port', { ...whereOf(about), etaMs });

export const heldProblem = (about: About, holder: Holder): Problem =>
  problem('binding-held', { ...whereOf(about), holder: holderWords(holder) });

export const noFallbackProblem = (policy: Policy, holder: Holder | null): Problem => {
  const { first, last } = policy.fallbackPorts ?? { first: 0, last: 0 };
  return problem('no-fallback-left', { ...whereOf(policy), first, last, holder: holder === null ? null : holderWords(holder) });
};

export function liveProblem(verdict: Extract<BindingVerdict, { is: 'ours-live' }>, about: About): Problem {
  if (verdict.where === 'here') return problem('binding-live-here', { ...whereOf(about), tunnel: verdict.tunnel });
  const { pid, peer } = verdict.session;
  return problem('binding-live-elsewhere', { ...whereOf(about), pid, peer: peer === null ? null : printHostPort(peer.host, peer.port) });
}

/** sshd's own words, as it sends them in SSH_MSG_DEBUG before it refuses. */
const WORDS: Record<ServerSaying, string> = {
  'forwarding-disabled': 'Server has disabled port forwarding.',
  'listen-not-permitted': 'port forwarding refused',
  'address-overridden': 'Forwarding listen address overridden by server GatewayPorts',
};

export function forbiddenProblem(about: About, { why, said }: Extract<BindingVerdict, { is: 'not-allowed' }>): Problem {
  const where = whereOf(about);
  switch (why) {
    case 'privileged-port':
      return problem('binding-privileged', where);
    case 'bad-address':
      return problem('binding-bad-address', where);
    case 'no-directory':
      return problem('binding-no-directory', where);
    default:
      return problem('bind-not-allowed', { listen: where.listen, on: where.on, said: said === null ? '' : WORDS[said], by: why });
  }
}
