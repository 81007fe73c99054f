import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** What the JavaScript heap has of the machine's memory now, in bytes: what is used, garbage, and room for more. */
export const heapBytes = (): number => getHeapStatistics().total_physical_size;

/**
 * From now on V8 makes no code between its interpreter's and its optimized one. In a process that is idle for months that is 1.3 MB
 * which nobody uses; neither a login nor a transfer takes longer. To be called before most is loaded. An engine without it says so on stderr and goes on.
 */
export const keepLittleCode = (): void => setFlagsFromString('--no-sparkplug');

/**
 * Collects all garbage and gives the room back, in one go that stops everything else for 20 to 60 ms: V8's reaction to
 * little memory, which inspectors may cause (Chrome DevTools protocol, HeapProfiler.collectGarbage).
 * Rejects where node was built without inspector.
 */
export async function collectGarbage(): Promise<void> {
  // Not of use to a process that is never idle.
  const { Session } = await import('node:inspector');
  const session = new Session();
  session.connect();
  try {
    await new Promise<void>((resolve, reject) => {
      session.post('HeapProfiler.collectGarbage', (error) => (error === null ? resolve() : reject(error)));
    });
  } finally {
    session.disconnect();
  }
}
