import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { dial } from '../session/dial.ts';

/*
 * Logs in to a server again and again, keeps every link, and tells what a link has kept:
 * in the heap and in the buffers beside it. The first links are not counted, as with them code and tables are loaded.
 */
const [hop, first, count] = JSON.parse(process.argv[2] ?? '') as [ResolvedHop, number, number];
const AT_ONCE = 5;

const links: unknown[] = [];
await hold(first);
const before = held();
await hold(count);
const after = held();
process.stdout.write(
  `${JSON.stringify({
    links: links.length,
    heapBytes: Math.round((after.heapUsed - before.heapUsed) / count),
    bufferBytes: Math.round((after.arrayBuffers - before.arrayBuffers) / count),
  })}\n`,
  () => process.exit(),
);

async function hold(more: number): Promise<void> {
  for (let done = 0; done < more; done += AT_ONCE) {
    links.push(...(await Promise.all(Array.from({ length: AT_ONCE }, async () => await settled(await dial(hop))))));
  }
}

/** What comes right after the login, as a server's announcement of its host keys, has come. */
async function settled(link: Awaited<ReturnType<typeof dial>>) {
  await link.ping();
  return link;
}

function held(): NodeJS.MemoryUsage {
  // Twice, as what the first one finds to be finalised is gone with the second.
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage();
}
