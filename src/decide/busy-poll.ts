/**
 * Whether to look for the next bytes again and again for a moment (busy polling), and not to sleep until they come. To fall
 * asleep and be woken costs 20 to 50 µs each time; of a round trip to a server nearby that is a good part, of one to a server
 * far away nothing. So it is done only where small questions and answers follow closely on each other, and nobody else wants
 * the processor.
 *
 * Judged by a pace, which rises with each message that soon followed one from another end, and falls with each that let wait.
 */
export type Pace = number;

export const AT_REST: Pace = 0;

/** How long the next message is looked for, and within what it came soon. A server that takes longer to answer is not nearby. */
export const POLL_MS = 0.2;
/** Less than a full segment of Ethernet: what comes in segments is bulk on a slow line, and waits for the line. */
const SMALL_BYTES = 1024;
const BRISK: Pace = 16;
const MOST: Pace = 32;

/** `gapMs`: since the one before. `isAnswer`: that one came from another end; what only ever comes from one end nobody waits for. */
export type Message = { readonly bytes: number; readonly gapMs: number; readonly isAnswer: boolean };

/** With one message more. Bulk puts an end to it: there the others need the processor. */
export function paceAfter(pace: Pace, { bytes, gapMs, isAnswer }: Message): Pace {
  if (bytes > SMALL_BYTES) return AT_REST;
  if (gapMs > POLL_MS) return Math.max(AT_REST, pace - 1);
  return isAnswer ? Math.min(MOST, pace + 1) : pace;
}

export const isBrisk = (pace: Pace): boolean => pace >= BRISK;

/** After so many messages it is looked at who else wants the processor. */
export const LOOK_AFTER = 64;
/** How long it is left to them. */
export const LEAVE_MS = 100;

/** `preemptions`: how often the kernel took the processor away from us while so many messages came. */
export const isWantedByOthers = (preemptions: number, messages: number): boolean => preemptions > messages / 3;
