/**
 * Whether a tunnel is heavy: it moves so much that others on its connections wait for it. Judged by what its forwards have
 * carried in a short time, in the busier direction, and no more heavy only after a long calm, so that pauses of a transfer
 * change nothing. Times in ms of a clock that never goes back, sizes in bytes.
 */
export type Load = {
  readonly is: 'light' | 'heavy';
  /** Of the last `withinMs`, the oldest first. */
  readonly tallies: readonly Tally[];
  /** Since when less than the calm share has moved; null: more has. */
  readonly calmSince: number | null;
};

/** What was carried in all until then. */
export type Tally = { readonly at: number; readonly sent: number; readonly received: number };

/** Heavy from `bytes` in one direction `withinMs`; light again after `calmMs` with less than `calmBytes` in as long. */
export type HeavyLimits = { readonly bytes: number; readonly withinMs: number; readonly calmBytes: number; readonly calmMs: number };

const MIB = 1024 * 1024;
/** 16 MiB a second fills a link of 130 Mbit/s; on a faster one it is where 1-byte answers begin to wait behind it. */
export const HEAVY: HeavyLimits = { bytes: 32 * MIB, withinMs: 2_000, calmBytes: 3.2 * MIB, calmMs: 30_000 };

export const NO_LOAD: Load = { is: 'light', tallies: [], calmSince: null };

/** The load with one more tally; to be called several times in each `withinMs` while anything may move. */
export function weigh(load: Load, tally: Tally, limits: HeavyLimits = HEAVY): Load {
  const tallies = [...recent(load.tallies, tally, limits), tally];
  const moved = movedIn(tallies);
  const calmSince = moved < limits.calmBytes ? (load.calmSince ?? tally.at) : null;
  const isCalm = calmSince !== null && tally.at - calmSince >= limits.calmMs;
  const isHeavy = moved >= limits.bytes || (load.is === 'heavy' && !isCalm);
  return { is: isHeavy ? 'heavy' : 'light', tallies, calmSince };
}

/** Nothing moves, and nothing is waited for: the next tally may as well be the first. */
export const isAtRest = ({ is, tallies }: Load): boolean => is === 'light' && movedIn(tallies) === 0;

/** None where less was carried than before: a forward that the profile has no more took its count with it. */
function recent(tallies: readonly Tally[], now: Tally, { withinMs }: HeavyLimits): readonly Tally[] {
  const last = tallies.at(-1);
  if (last !== undefined && (now.sent < last.sent || now.received < last.received)) return [];
  return tallies.filter(({ at }) => now.at - at <= withinMs);
}

function movedIn(tallies: readonly Tally[]): number {
  const [first, last] = [tallies[0], tallies.at(-1)];
  return first === undefined || last === undefined ? 0 : Math.max(last.sent - first.sent, last.received - first.received);
}
