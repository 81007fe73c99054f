import type { Clock } from '../platform/clock.ts';

export type IdleMemoryGiven = {
  readonly clock: Pick<Clock, 'after'>;
  /** How busy we were since it was asked before, 0 to 1. */
  readonly load: () => number;
  /** What the heap has of the machine's memory, in bytes. */
  readonly heapBytes: () => number;
  /** Gives garbage and unused room back to the machine; costs a pause. */
  readonly collect: () => Promise<void>;
  readonly ending: AbortSignal;
};

const LOOK_MS = 10_000;
/** A pause now is noticed by nobody. */
const IDLE = 0.05;
/** What is worth a pause. */
const GROWN_BYTES = 2 * 1024 * 1024;

/**
 * Gives back what logins and transfers have left, once there is little to do. V8 collects when it needs room, so a process
 * that has become idle would keep all of it: 70 MB after a hundred logins.
 */
export function giveMemoryBack({ clock, load, heapBytes, collect, ending }: IdleMemoryGiven): void {
  let before = 0;
  let cancel = (): void => {};
  const look = async (): Promise<void> => {
    if (load() <= IDLE && heapBytes() >= before + GROWN_BYTES) {
      await collect();
      before = heapBytes();
    }
    if (!ending.aborted) again();
  };
  const again = (): void => {
    // Where it cannot be collected, another try would fail alike.
    cancel = clock.after(LOOK_MS, () => void look().catch(() => {}));
  };
  again();
  ending.addEventListener('abort', () => cancel(), { once: true });
}
