/**
 * When to say something that means nothing, only so that TCP's acknowledgement goes with it. sshd sends small answers with
 * Nagle's delay until a session was opened: the second of two waits for our kernel's acknowledgement of the first, which that
 * holds back for 40 ms. Seen from here: a small read, nothing sent, and the next one about 40 ms later.
 */
export type Nudging = {
  /** When something was read last, ms; and how many packets had been sent by then. */
  readonly heardAt: number;
  readonly sent: number;
  /** How many more small reads are to be answered at once. */
  readonly left: number;
};

export const CALM: Nudging = { heardAt: -Infinity, sent: -1, left: 0 };

/** Around the 40 ms of Linux's delayed acknowledgement. */
const STALL_MS = { least: 30, most: 60 };
const SMALL_BYTES = 8 * 1024;
/** One stall seen is worth that many messages of 36 bytes; then another one has to be seen. */
const WORTH = 200;

export function heard(
  nudging: Nudging,
  { now, sent, bytes }: { now: number; sent: number; bytes: number },
): Nudging & { readonly nudge: boolean } {
  const gap = now - nudging.heardAt;
  const wasStall = sent === nudging.sent && gap > STALL_MS.least && gap < STALL_MS.most;
  const left = wasStall ? WORTH : nudging.left;
  const nudge = left > 0 && bytes < SMALL_BYTES;
  return { heardAt: now, sent, left: nudge ? left - 1 : left, nudge };
}
