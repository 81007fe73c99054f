import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Address } from '../../../src/model/address.ts';
import { ProblemError } from '../../../src/model/problem.ts';
import { reachHere, reachWithin } from '../../../src/ssh/forwards/reach-here.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { tempDir } from '../../support/temp-home.ts';
import { openHandles, settles, target } from './support.ts';

const never = new AbortController().signal;
const outcome = (to: Address, signal = never): Promise<unknown> =>
  reachHere(to, null, signal).then(
    (stream) => (stream.destroy(), 'reached'),
    (error: unknown) => (error instanceof ProblemError ? error.problem : error),
  );

describe('reaching a target from this machine', () => {
  test('finds names, IPv4, IPv6 and Unix sockets', async () => {
    const path = join(tempDir(), 's');
    const v4 = await target(() => undefined);
    const v6 = await target(() => undefined, { host: '::1' });
    await target(() => undefined, { path });
    for (const to of [{ host: '127.0.0.1', port: v4.port }, { host: 'localhost', port: v4.port }, { host: '::1', port: v6.port }, { path }])
      expect(await outcome(to)).toBe('reached');
  });

  test('tells a refusal from another failure, with the code', async () => {
    const gone = await target(() => undefined);
    gone.server.close();
    expect(await outcome({ host: 'localhost', port: gone.port })).toMatchObject({
      code: 'target-refused',
      facts: { from: 'this machine' },
    });
    expect(await outcome({ path: '/no/such' })).toMatchObject({ code: 'target-failed', facts: { code: 'ENOENT' } });
    expect(await outcome({ path: `/${'x'.repeat(200)}` })).toMatchObject({ code: 'target-failed', facts: { code: 'ENAMETOOLONG' } });
    expect(await outcome({ host: 'no.such.invalid', port: 1 })).toMatchObject({ code: 'target-failed' });
  });

  test('gives up at the deadline and when it is called off, with nothing left open', async () => {
    const before = openHandles();
    const clock = fakeClock();
    // TEST-NET-1 of RFC 5737 routes nowhere; where the system refuses at once there is nothing to give up.
    const to = { host: '192.0.2.1', port: 9 };
    const slow = reachWithin(clock)(to, null, never).catch((error: ProblemError) => error.problem);
    await clock.advance(10_000);
    expect(await slow).toMatchObject({ code: 'target-failed' });
    const stop = new AbortController();
    const called = outcome(to, stop.signal);
    stop.abort();
    expect(await called).toMatchObject({ code: 'target-failed', facts: { code: 'ECANCELED' } });
    expect(await outcome(to, AbortSignal.abort())).toMatchObject({ facts: { code: 'ECANCELED' } });
    await settles(() => openHandles() <= before, 'the sockets to be closed');
  });
});
