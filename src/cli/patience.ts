import type { Clock } from '../platform/clock.ts';

/** A wait of so many milliseconds, not counting what lies between `pause` and `resume`. */
export type Patience = { pause(): void; resume(): void; end(): void };

export function startPatience(ms: number, { clock, onOver }: { readonly clock: Clock; readonly onOver: () => void }): Patience {
  let left = ms;
  let since = 0;
  let cancel = (): void => {};
  const resume = (): void => {
    since = clock.monotonic();
    cancel = clock.after(left, onOver);
  };
  resume();
  return {
    pause() {
      cancel();
      left -= clock.monotonic() - since;
    },
    resume,
    end: () => cancel(),
  };
}
