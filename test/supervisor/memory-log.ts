import type { Log } from '../../src/supervisor/log.ts';
import { createLog } from '../../src/supervisor/log.ts';

/** A log that is only in memory. */
export const memoryLog = (): Log =>
  createLog({ now: () => Date.UTC(2026, 0, 1), level: 'debug', earlier: [], file: { write: () => {}, close: async () => {} } });
