/**
 * How much a server may send on one channel before we have taken it (RFC 4254 section 5.2). A window that is too small for
 * the link's round trip leaves the link idle; one that is large from the start lets sshd collect more than it can send in a
 * connection's first round trips. So it begins small and follows what a round trip delivers. Sizes in bytes, times in ms.
 */
export type ReceiveWindow = {
  /** How much may be on its way or wait here. */
  readonly size: number;
  /** What the server may still send. */
  readonly open: number;
  /** Arrived since `roundSince`. */
  readonly round: number;
  readonly roundSince: number;
};

export const FIRST_WINDOW = 2 * 1024 * 1024;
/** Nobody gets less, whatever else is in use. */
export const LEAST_WINDOW = 64 * 1024;
/** Credit goes back in steps of this, or of a quarter of a smaller window: each costs a packet. */
const STEP = 256 * 1024;
/** After so long without data what was there before says nothing about what comes. */
const IDLE_MS = 10_000;

/** What a round trip delivered asks for this size; it is what it was where half of it was enough, or the round is not over. */
export function wantedSize(window: ReceiveWindow, { now, rttMs }: { now: number; rttMs: number }): number {
  const elapsed = now - window.roundSince;
  if (elapsed <= 0 || !isRoundOver(window, { now, rttMs })) return window.size;
  const perRoundTrip = (window.round * rttMs) / elapsed;
  return perRoundTrip > window.size / 2 ? Math.max(window.size, Math.ceil(perRoundTrip * 2)) : window.size;
}

export const isRoundOver = (window: ReceiveWindow, { now, rttMs }: { now: number; rttMs: number }): boolean =>
  now - window.roundSince >= rttMs;

export const isIdle = (window: ReceiveWindow, now: number): boolean => window.size > FIRST_WINDOW && now - window.roundSince > IDLE_MS;

/** What to allow the server now, given what waits here unread; 0: not worth a packet yet, or nothing. */
export function creditDue(window: Pick<ReceiveWindow, 'size' | 'open'>, unread: number): number {
  const due = window.size - window.open - unread;
  return due >= Math.min(STEP, Math.floor(window.size / 4)) ? due : 0;
}
