import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import type { LiveLink } from '../../../src/ssh/session/live-link.ts';
import { startTarget, type TargetOptions } from '../../support/echo-server.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { type OpenSsh10, openssh10 } from '../../support/openssh10.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { dial, hopOf } from './dial.ts';

let ten: OpenSsh10 | null = null;
let user: Key;
beforeAll(async () => {
  [ten, user] = await Promise.all([openssh10(), makeKey(tempDir())]);
}, 300_000);

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function start(config: readonly string[], version: 'system' | '10' = 'system'): Promise<Sshd> {
  const [binary, own] = version === '10' && ten !== null ? [ten.binary, ten.config] : ['/usr/sbin/sshd', []];
  const sshd = await startSshd({ binary, config: [...config, ...own] });
  ends.push(() => sshd.stop());
  return sshd;
}

async function target(options: TargetOptions = {}) {
  const echo = await startTarget(options);
  ends.push(() => echo.stop());
  return { host: '127.0.0.1', port: echo.port };
}

const MB = 1024 * 1024;
const exchanges = (sshd: Sshd): number => sshd.log().match(/SSH2_MSG_NEWKEYS received/g)?.length ?? 0;
const kexesIn = (sshd: Sshd): Set<string> => new Set([...sshd.log().matchAll(/kex: algorithm: (\S+)/g)].map(([, name]) => name ?? ''));

/** Sends that much to an echo and reads it back, both at once; whether it is the same. */
async function comesBack(link: LiveLink, to: { host: string; port: number }, bytes: number): Promise<boolean> {
  const stream = await link.open(to, null);
  const [there, back] = [createHash('sha256'), createHash('sha256')];
  stream.on('data', (chunk: Buffer) => back.update(chunk));
  const block = randomBytes(256 * 1024);
  for (let sent = 0; sent < bytes; sent += block.length) {
    block.writeUInt32BE(sent);
    there.update(block);
    if (!stream.write(Buffer.from(block))) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'end');
  return there.digest('hex') === back.digest('hex');
}

describe('keys are exchanged anew', () => {
  test.each([
    ['system', 'us', { bytes: MB, seconds: null }, []],
    ['10', 'us', { bytes: MB, seconds: null }, []],
    ['system', 'the server', { bytes: null, seconds: null }, ['RekeyLimit 1M']],
    ['10', 'the server', { bytes: null, seconds: null }, ['RekeyLimit 1M']],
    ['system', 'both', { bytes: 3 * MB, seconds: null }, ['RekeyLimit 3M']],
    ['10', 'both', { bytes: 3 * MB, seconds: null }, ['RekeyLimit 3M']],
  ] as const)(
    'while 50 MB go each way (OpenSSH %s, by %s), and nothing of it is lost',
    async (version, _by, rekey, config) => {
      const sshd = await start(config, version);
      const suspected: boolean[] = [];
      const hop = await hopOf(sshd, { rekey }, user);
      const link = await dial(hop, { onSuspect: (_link, is) => suspected.push(is), keepalive: { intervalMs: 200, countMax: 20 } });
      const to = await target();
      expect(await comesBack(link, to, 50 * MB)).toBe(true);
      expect(exchanges(sshd)).toBeGreaterThan(10);
      expect(kexesIn(sshd).size).toBe(1);
      expect(suspected).not.toContain(true);
      await link.close(1_000);
    },
    60_000,
  );

  test('while pings go, and channels open and close', async () => {
    const sshd = await start([]);
    const link = await dial(await hopOf(sshd, { rekey: { bytes: 20_000, seconds: null } }, user));
    const to = await target();
    for (let round = 0; round < 20; round += 1) {
      const [same] = await Promise.all([comesBack(link, to, 1), link.ping(), link.ping()]);
      expect(same).toBe(true);
    }
    expect(exchanges(sshd)).toBeGreaterThan(20);
    await link.close(1_000);
  });

  test('through a hop as well', async () => {
    const [first, second] = [await start([]), await start([])];
    const outer = await dial(await hopOf(first, { rekey: { bytes: MB, seconds: null } }, user));
    const inner = await dial(await hopOf(second, { rekey: { bytes: MB, seconds: null } }, user), { via: outer });
    expect(await comesBack(inner, await target(), 10 * MB)).toBe(true);
    expect(exchanges(first)).toBeGreaterThan(3);
    expect(exchanges(second)).toBeGreaterThan(3);
    await inner.close(1_000);
    await outer.close(1_000);
  });

  test('after the time of RekeyLimit, though nothing is sent, and again after that time', async () => {
    const sshd = await start([]);
    const timers: { readonly ms: number; readonly fire: () => void }[] = [];
    const clock = {
      ...systemClock,
      now: () => systemClock.now(),
      monotonic: () => systemClock.monotonic(),
      after: (ms: number, fire: () => void) => {
        if (ms !== 77_000) return systemClock.after(ms, fire);
        timers.push({ ms, fire });
        return () => {};
      },
    };
    const link = await dial(await hopOf(sshd, { rekey: { bytes: null, seconds: 77 } }, user), { clock });
    for (const round of [1, 2]) {
      expect(timers.length).toBe(round);
      timers.at(-1)?.fire();
      await sshd.waitForLog(new RegExp(`(?:SSH2_MSG_NEWKEYS received[\\s\\S]*){${round + 1}}`));
      await link.ping();
    }
    await link.close(1_000);
    timers.at(-1)?.fire();
  });

  test('never, where little is sent and the hour is not over', async () => {
    const sshd = await start([]);
    const link = await dial(await hopOf(sshd, {}, user));
    expect(await comesBack(link, await target(), 5 * MB)).toBe(true);
    expect(exchanges(sshd)).toBe(1);
    await link.close(1_000);
  });
});
