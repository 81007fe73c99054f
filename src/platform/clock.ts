/** Time as a parameter: `now` is the wall clock in ms, `monotonic` never jumps; `after` returns its own cancellation. */
export interface Clock {
  now(): number;
  monotonic(): number;
  after(ms: number, wake: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, wake) {
    const timer = setTimeout(wake, Math.min(Math.max(0, ms), 0x7fff_ffff));
    return () => clearTimeout(timer);
  },
};
