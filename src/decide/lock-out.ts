import { type Problem, problem } from '../model/problem.ts';

/** How a server, or a firewall for it, keeps us out before a login can begin. */
export type Sign = 'penalty' | 'closed' | 'refused';

/** What went before at the same server, since it last let us in. */
export type ServerPast = {
  /** Logins that it has refused in the last `REFUSALS_COUNT_MS`. */
  readonly refusals: number;
  /** How often in a row it has shown this sign, this time included. */
  readonly times: number;
};

type LockOut = {
  readonly sign: Sign;
  /** The row holds from so many refused logins, and so many times in a row. */
  readonly from: ServerPast;
  /** Doubled each time in a row after `from.times`. */
  readonly firstMs: number;
  readonly mostMs: number;
};

/**
 * What keeps an address out, and for how long one waits to be past it; the first row that holds counts.
 *
 * `penalty`: sshd's "Not allowed at this time" is the penalty for certain (sshd_config(5), PerSourcePenalties: authfail:5s,
 * noauth:1s, grace-exceeded:20s, crash:90s, enforced from min:15s, at most max:10m): longer than the longest single one.
 * `closed` before the banner: tcp wrappers, DenyHosts and fail2ban do so, and so does a server that is starting, or
 * MaxStartups, or a hotel's network; so it counts from the third time and less, or at once where a login was just refused.
 * `refused`: fail2ban's usual way (REJECT), after failed logins (bantime 10m); otherwise nobody listens there.
 * A firewall that drops all packets looks like a dead network, and asking again reaches nobody who could count it.
 */
const LOCK_OUTS: readonly LockOut[] = [
  { sign: 'penalty', from: { refusals: 0, times: 1 }, firstMs: 100_000, mostMs: 660_000 },
  { sign: 'closed', from: { refusals: 1, times: 1 }, firstMs: 100_000, mostMs: 660_000 },
  { sign: 'closed', from: { refusals: 0, times: 3 }, firstMs: 20_000, mostMs: 300_000 },
  { sign: 'refused', from: { refusals: 2, times: 1 }, firstMs: 660_000, mostMs: 3_600_000 },
];

/** fail2ban's findtime, and the longest penalty of sshd, are ten minutes. */
export const REFUSALS_COUNT_MS = 600_000;

/** Refused logins of one account in a row after which only a person may have it tried again. */
export const REFUSALS_ALLOWED = 2;

/** What was seen, with how long to stay away; null: nothing that speaks of a lock-out. */
export function judgeLockOut(seen: Problem, past: ServerPast): Problem | null {
  const sign = signOf(seen);
  const row = LOCK_OUTS.find(({ sign: of, from }) => of === sign && past.refusals >= from.refusals && past.times >= from.times);
  if (sign === null || row === undefined) return null;
  const ms = Math.min(row.mostMs, row.firstMs * 2 ** Math.min(past.times - row.from.times, 20));
  const { host, port } = seen.facts as { readonly host: string; readonly port: number };
  return problem('turned-away', { host, port, said: seen.code === 'turned-away' ? seen.facts.said : '', sign, ms });
}

/** The sign that a failure is; null: none. */
export function signOf(seen: Problem): Sign | null {
  if (seen.code === 'turned-away') return seen.facts.sign === 'full' ? null : seen.facts.sign;
  if (seen.code === 'closed-before-greeting') return 'closed';
  return seen.code === 'connect-refused' ? 'refused' : null;
}

/** The least time to stay away from a server after a failure, in ms. */
export const leastWait = (because: Problem): number => (because.code === 'turned-away' ? (because.facts.ms ?? 0) : 0);
