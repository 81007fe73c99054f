import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CipherCosts } from '../../../src/model/cipher-costs.ts';
import { CipherSpeeds, type KeptSpeeds, type SpeedsGiven } from '../../../src/supervisor/ciphers/cipher-speeds.ts';
import { openCipherSpeeds } from '../../../src/supervisor/ciphers/open-cipher-speeds.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { machineKey } from '../../../src/ssh/ciphers/machine-key.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { tempDir } from '../../support/temp-home.ts';
import { until } from '../../support/until.ts';
import { memoryLog } from '../memory-log.ts';

const COSTS: CipherCosts = { 'aes128-gcm@openssh.com': 0.6, 'chacha20-poly1305@openssh.com': 0.8 };

function setUp(over: Partial<SpeedsGiven> & { readonly kept?: KeptSpeeds } = {}) {
  const [clock, log] = [fakeClock(), memoryLog()];
  const seen = { kept: over.kept ?? {}, measured: 0, load: 0 };
  const store = { get: () => seen.kept, set: (kept: KeptSpeeds) => void (seen.kept = kept) };
  const measure = async () => {
    seen.measured += 1;
    return COSTS;
  };
  const speeds = new CipherSpeeds({ clock, log, store, measure, machine: () => 'here', load: () => seen.load, ...over });
  return { clock, log, seen, speeds, events: () => log.recent().map(({ event }) => event) };
}

describe('the speed of ciphers', () => {
  test('is measured once, some time after the first connection asks, which does not wait for it', async () => {
    const { clock, speeds, seen, log } = setUp();
    await clock.advance(3_600_000);
    expect(seen.measured).toBe(0);
    expect(speeds.costs()).toBeNull();
    await clock.advance(2_500);
    expect(seen.measured).toBe(0);
    await clock.advance(2_000);
    expect(speeds.costs()).toEqual(COSTS);
    expect(seen.kept).toEqual({ here: COSTS });
    await clock.advance(3_600_000);
    expect(seen.measured).toBe(1);
    expect(log.recent()).toMatchObject([
      {
        event: 'ciphers-measured',
        text: expect.stringContaining('aes128-gcm@openssh.com 1667 MB/s, chacha20-poly1305@openssh.com 1250 MB/s'),
      },
    ]);
  });

  test('is not measured while there is other work, but as soon as there is little', async () => {
    const { clock, speeds, seen } = setUp();
    seen.load = 0.9;
    speeds.costs();
    await clock.advance(600_000);
    expect(seen.measured).toBe(0);
    seen.load = 0.1;
    await clock.advance(5_000);
    expect(seen.measured).toBe(1);
  });

  test('is known at once where this machine has measured it before, and not measured again', async () => {
    const { clock, speeds, seen } = setUp({ kept: { elsewhere: { a: 1 }, here: COSTS } });
    expect(speeds.costs()).toEqual(COSTS);
    await clock.advance(3_600_000);
    expect([seen.measured, clock.pending()]).toEqual([0, []]);
  });

  test('is measured anew on another machine, and that of the others is kept, of the last eight', async () => {
    const others = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`machine ${at}`, { a: at + 1 }]));
    const { clock, speeds, seen } = setUp({ kept: others });
    expect(speeds.costs()).toBeNull();
    await clock.advance(5_000);
    expect(Object.keys(seen.kept)).toEqual([...Object.keys(others).slice(1), 'here']);
  });

  test.each(['constructor', '__proto__'])('of a machine that calls itself %s is not what every object has', (machine) => {
    expect(setUp({ machine: () => machine }).speeds.costs()).toBeNull();
  });

  test('that cannot be measured is told once, and changes nothing', async () => {
    const { clock, speeds, seen, events } = setUp({ measure: () => Promise.reject(new Error('no such cipher')) });
    speeds.costs();
    await clock.advance(3_600_000);
    expect(speeds.costs()).toBeNull();
    expect([seen.kept, events()]).toEqual([{}, ['ciphers-not-measured']]);
  });

  test('counts although it cannot be written down', async () => {
    const full = (): never => {
      throw new Error('disk full');
    };
    const { clock, speeds, events } = setUp({ store: { get: () => ({}), set: full } });
    speeds.costs();
    await clock.advance(5_000);
    expect(speeds.costs()).toEqual(COSTS);
    expect(events()).toEqual(['ciphers-measured']);
  });

  test('is neither begun nor told after the end', async () => {
    const ended = setUp();
    ended.speeds.costs();
    ended.speeds.close();
    expect(ended.clock.pending()).toEqual([]);
    const during = setUp({
      measure: (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('over')))),
    });
    during.speeds.costs();
    await during.clock.advance(5_000);
    during.speeds.close();
    await during.clock.advance(3_600_000);
    expect([during.events(), during.seen.kept]).toEqual([[], {}]);
  });
});

describe('the file of measurements', () => {
  test('has what this machine really measures, and the next supervisor reads it', async () => {
    const directory = tempDir();
    const log = memoryLog();
    const hasty = { ...systemClock, after: (ms: number, wake: () => void) => systemClock.after(ms / 100, wake) };
    const speeds = openCipherSpeeds({ directory, clock: hasty, log });
    expect(speeds.costs()).toBeNull();
    await until(() => speeds.costs() !== null || log.recent().length > 0, { what: 'the measurement' });
    speeds.close();
    expect(log.recent().map(({ event }) => event)).toEqual(['ciphers-measured']);
    expect(JSON.parse(readFileSync(join(directory, 'ciphers.json'), 'utf8'))).toMatchObject({ value: { [machineKey()]: speeds.costs() } });
    const next = openCipherSpeeds({ directory, clock: fakeClock(), log });
    expect(next.costs()).toEqual(speeds.costs());
    next.close();
  });

  test.each([{ a: 0 }, { a: -1 }, { a: 'fast' }])('that makes no sense is set aside: %j', (costs) => {
    const directory = tempDir();
    writeFileSync(join(directory, 'ciphers.json'), JSON.stringify({ schemaVersion: 1, value: { [machineKey()]: costs } }));
    const log = memoryLog();
    const speeds = openCipherSpeeds({ directory, clock: fakeClock(), log });
    expect(speeds.costs()).toBeNull();
    expect(log.recent().map(({ event }) => event)).toEqual(['state-set-aside']);
    speeds.close();
  });
});
