import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isRoot, must, run } from '../../support/run.ts';
import { makeLongLink } from './long-link.ts';
import { compile, hold, loadRunner, type Programs, type RunLoad, startTarget, type Target } from './programs.ts';

const HAS_COMPILER = await run('cc', ['--version']).then(
  ({ code }) => code === 0,
  () => false,
);

describe.skipIf(!HAS_COMPILER)('the load and its target, without a tunnel between them,', () => {
  let programs: Programs;
  let target: Target;
  let load: RunLoad;

  beforeAll(async () => {
    programs = await compile();
    target = await startTarget(programs);
    load = loadRunner(programs);
  });

  afterAll(() => target?.stop());

  test.each(['up', 'down'])('move every byte of every stream %s', async (direction) => {
    const { bytes, seconds } = await load(direction, `${target.port},${target.port}`, 3, 1_000_003);
    expect(bytes).toBe(3_000_009);
    expect(seconds).toBeGreaterThan(0);
  });

  test('count short connections, one after the other and at once', async () => {
    for (const atOnce of [1, 10]) expect((await load('short', target.port, atOnce, 0.1)).perSecond).toBeGreaterThan(0);
  });

  test.each([['pieces'], ['ping']])('give the median and the slow end of %s', async (mode) => {
    const { p50, p99 } = await load(mode, target.port, 0.1);
    expect(p50).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(p50);
  });

  test.each(['up', 'down'])('ping beside a stream that goes %s', async (direction) => {
    const { p50, bytes, seconds } = await load('beside', direction, target.port, target.port, 0.1);
    for (const figure of [p50, bytes, seconds]) expect(figure).toBeGreaterThan(0);
  });

  test('hold connections open until they are stopped', async () => {
    const open = await hold(programs, target.port, 100);
    expect(open.held).toBe(100);
    await open.stop();
  });

  test('fail where nobody listens, and hold nothing there', async () => {
    const gone = await startTarget(programs);
    await gone.stop();
    await expect(load('ping', gone.port, 0.1)).rejects.toThrow(/connect/);
    const open = await hold(programs, gone.port, 5);
    expect(open.held).toBe(0);
    await open.stop();
  });

  test.skipIf(!isRoot)('are a round trip apart at the two ends of a long link', async () => {
    const link = await makeLongLink(programs, { rttMs: 40, buffers: 'large' });
    try {
      // A refusal takes a round trip.
      const program = `const at = performance.now();
        require('node:net').connect(1, '${link.serverAddress}').on('error', ({ code }) => console.log(code, performance.now() - at))`;
      const [code, took] = (await must('ip', ['netns', 'exec', link.client, process.execPath, '-e', program])).split(' ');
      expect(code).toBe('ECONNREFUSED');
      expect(Number(took)).toBeGreaterThanOrEqual(40);
    } finally {
      await link.dispose();
    }
  });
});
