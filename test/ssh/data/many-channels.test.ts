import { expect, test } from 'vitest';
import { background } from '../../support/child.ts';
import { buildPrograms } from '../../supervisor/built-supervisor.ts';

/** 200 bytes that stayed of each channel would come to more. */
const NOISE_BYTES = 1024 * 1024;
/** CHANNELS: how many, as 100000. */
const CHANNELS = Number(process.env['CHANNELS'] ?? 6_000);

test('memory stays flat while thousands of channels are opened, used and closed, and nothing of them is left', async () => {
  const programs = await buildPrograms({ channels: 'test/ssh/programs/open-and-close.ts' });
  try {
    const child = background(process.execPath, ['--expose-gc', `${programs.directory}/channels.mjs`, String(CHANNELS)]);
    const [, told] = await child.waitFor(/^(\{.*\})$/m);
    await child.exited;
    const seen = JSON.parse(told as string) as { heapBytes: number[]; channels: number; windows: number; perSecond: number };
    if (process.env['CHANNELS'] !== undefined) console.log(told);
    const [first = 0, ...later] = seen.heapBytes;
    expect(later.length).toBeGreaterThan(2);
    for (const bytes of later) expect(bytes - first).toBeLessThan(NOISE_BYTES);
    expect(seen).toMatchObject({ channels: 0, windows: 0 });
  } finally {
    programs.remove();
  }
}, 600_000);
