import { readLock } from '../../../src/platform/lock-files.ts';
import { takeLock } from '../../../src/supervisor/lock.ts';

// Says how it went, and holds the lock until it is killed.
const runtime = process.argv[2]!;
const locking = await takeLock({ runtime, now: Date.now, answers: async () => false });
process.stdout.write(`${JSON.stringify({ ...locking, holder: readLock(runtime)?.holder?.pid })}\n`);
if (locking.won) setInterval(() => {}, 1_000_000);
