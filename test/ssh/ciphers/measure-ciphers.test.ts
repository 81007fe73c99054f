import { describe, expect, test } from 'vitest';
import { orderCiphers } from '../../../src/decide/order-ciphers.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { machineKey } from '../../../src/ssh/ciphers/machine-key.ts';
import { measureCiphers } from '../../../src/ssh/ciphers/measure-ciphers.ts';
import { UnknownSsh2 } from '../../../src/ssh/extensions/guard.ts';
import { openPacketCipher, type PacketCipher } from '../../../src/ssh/extensions/packet-cipher.ts';
import { hasNativeCrypto } from '../../../src/ssh/survey/native-crypto.ts';

const NAMES = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com'];
const signal = new AbortController().signal;

/** A machine on which time passes only by its packets and pauses. `ms`: of a packet, by cipher. */
function machine(ms: Readonly<Record<string, (packet: number) => number>>) {
  let now = 0;
  let since = 0;
  const freed: string[] = [];
  const seen = { freed, longestTurn: 0, turns: 0 };
  const clock = {
    monotonic: () => now,
    after: (wait: number, wake: () => void) => {
      seen.longestTurn = Math.max(seen.longestTurn, now - since);
      seen.turns += 1;
      now += wait;
      since = now;
      setImmediate(wake);
      return () => {};
    },
  };
  const open = async (name: string): Promise<PacketCipher> => {
    let packets = 0;
    return {
      roundTrip: () => {
        now += ms[name]!((packets += 1));
      },
      free: () => void freed.push(name),
    };
  };
  return { clock, open, seen };
}

const always = (ms: number) => () => ms;

describe('a cipher of ssh2 by itself', () => {
  test.each(NAMES)('seals packet after packet of any size and opens them: %s', async (name) => {
    const cipher = await openPacketCipher(name);
    for (const bytes of [32_768, 1, 5, 11, 12, 255, 16_384, 32_768]) expect(() => cipher.roundTrip(bytes)).not.toThrow();
    cipher.free();
  });

  test('is told where ssh2 does not know it', async () => {
    await expect(openPacketCipher('made-up')).rejects.toThrow(UnknownSsh2);
  });
});

describe('measuring ciphers', () => {
  test('gives what each that authenticates costs on this machine', async () => {
    const costs = await measureCiphers({ clock: systemClock, signal });
    expect(Object.keys(costs).toSorted()).toEqual(NAMES);
    expect(Object.values(costs).every((cost) => cost > 0 && Number.isFinite(cost))).toBe(true);
    expect(orderCiphers(NAMES, costs).toSorted()).toEqual(NAMES);
  });

  test('finds what each costs although other work comes between now and then', async () => {
    const [aes128, aes256, chacha] = [0.04, 0.05, 0.12];
    const disturbed = (ms: number) => (packet: number) => (packet % 3 === 0 || packet < 12 ? ms * 3 : ms);
    const { clock, open } = machine({ [NAMES[0]!]: disturbed(aes128), [NAMES[1]!]: disturbed(aes256), [NAMES[2]!]: disturbed(chacha) });
    const costs = await measureCiphers({ clock, signal, open });
    for (const [at, ms] of [aes128, aes256, chacha].entries()) expect(costs[NAMES[at]!]).toBeCloseTo((ms * 1e6) / 32_768, 6);
  });

  test.each([
    ['a fast machine', 0.02, 1],
    ['without the compiled part', 0.2, 1],
    ['a slow machine', 3, 3],
  ])('lets everything else have its turn after a millisecond or a packet: %s', async (_, ms, longest) => {
    const each = always(ms);
    const { clock, open, seen } = machine({ [NAMES[0]!]: each, [NAMES[1]!]: each, [NAMES[2]!]: each });
    await measureCiphers({ clock, signal, open });
    expect(seen.longestTurn).toBeLessThanOrEqual(longest + 1e-9);
    expect(seen.freed.toSorted()).toEqual(NAMES);
  });

  test('ends when it is called off, and keeps nothing open', async () => {
    const stop = new AbortController();
    let packets = 0;
    const stops = () => {
      packets += 1;
      if (packets === 5) stop.abort(new Error('called off'));
      return 0.5;
    };
    const { clock, open, seen } = machine({ [NAMES[0]!]: stops, [NAMES[1]!]: stops, [NAMES[2]!]: stops });
    await expect(measureCiphers({ clock, signal: stop.signal, open })).rejects.toThrow('called off');
    expect(packets).toBeLessThan(8);
    expect(seen.freed.toSorted()).toEqual(NAMES);
  });

  test('fails with the error of a cipher that does not work, and frees all', async () => {
    const broken = () => {
      throw new Error('no tag');
    };
    const { clock, open, seen } = machine({ [NAMES[0]!]: always(0.1), [NAMES[1]!]: broken, [NAMES[2]!]: always(0.1) });
    await expect(measureCiphers({ clock, signal, open })).rejects.toThrow('no tag');
    expect(seen.freed.toSorted()).toEqual(NAMES);
  });
});

test('a machine is told from others by all that makes encryption faster or slower', () => {
  const key = machineKey();
  expect(key).toContain(`OpenSSL ${process.versions.openssl}`);
  expect(key).toContain(process.arch);
  expect(key.endsWith(hasNativeCrypto() ? 'compiled' : 'JavaScript')).toBe(true);
  expect(machineKey()).toBe(key);
});
