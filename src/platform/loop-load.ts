import { performance } from 'node:perf_hooks';

/** Gives the share of time, 0 to 1, in which this process's event loop was busy since the call before, or since it was made. */
export function loopLoad(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}
