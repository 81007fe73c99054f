import { describe, expect, test } from 'vitest';
import { deferred } from '../../../src/platform/deferred.ts';
import type { Lease, Route } from '../../../src/ssh/links/links.ts';
import { type EarlyGiven, LastRoute, leaseEarly } from '../../../src/supervisor/tunnel/lease-early.ts';

const routeTo = (host: string, changes: object = {}): Route =>
  ({
    hops: [{ host, way: { command: null }, trust: { command: null }, ...changes }],
    keepalive: { intervalMs: 1, countMax: 1 },
  }) as unknown as Route;
const hostOf = (route: Route): string => route.hops[0]?.host ?? '';

/** Connections that come about as soon as they are sure of their route. */
function connections() {
  const told: string[] = [];
  const leaseOf = (host: string): Lease => ({
    links: [],
    lost: new Promise(() => {}),
    release: async (how) => void told.push(`release ${host} ${how}`),
  });
  const lease: EarlyGiven['lease'] = async (route, { signal, sure }) => {
    told.push(`dial ${hostOf(route)}${sure ? ' early' : ''}`);
    const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    await Promise.race([Promise.resolve(sure), aborted]).catch((error: unknown) => {
      told.push(`give up ${hostOf(route)}`);
      throw error;
    });
    told.push(`log in ${hostOf(route)}`);
    return leaseOf(hostOf(route));
  };
  return { told, lease, signal: new AbortController().signal };
}

describe('a route that was taken before', () => {
  test('is begun at once, and logged in to when ssh_config has said the same again', async () => {
    const { told, ...given } = connections();
    const asked = deferred<Route>();
    const leased = leaseEarly({ ...given, guess: routeTo('a'), asked: asked.promise });
    expect(told).toEqual(['dial a early']);
    asked.resolve(routeTo('a'));
    await leased;
    expect(told).toEqual(['dial a early', 'log in a']);
  });

  test('is given up without a login where ssh_config says another one now', async () => {
    const { told, ...given } = connections();
    await leaseEarly({ ...given, guess: routeTo('a'), asked: Promise.resolve(routeTo('b')) });
    expect(told).toEqual(['dial a early', 'give up a', 'dial b', 'log in b']);
  });

  test('is given up where ssh_config cannot be read any more, and that is told', async () => {
    const { told, ...given } = connections();
    const wrong = new Error('bad configuration');
    await expect(leaseEarly({ ...given, guess: routeTo('a'), asked: Promise.reject(wrong) })).rejects.toBe(wrong);
    expect(told).toEqual(['dial a early', 'give up a']);
  });

  test('has its own trouble told when it is the right one, and no other when it is not', async () => {
    const { told, ...given } = connections();
    const refused = new Error('refused');
    const lease: EarlyGiven['lease'] = async (route, how) => {
      if (hostOf(route) === 'a') throw refused;
      return await given.lease(route, how);
    };
    await expect(leaseEarly({ ...given, lease, guess: routeTo('a'), asked: Promise.resolve(routeTo('a')) })).rejects.toBe(refused);
    await leaseEarly({ ...given, lease, guess: routeTo('a'), asked: Promise.resolve(routeTo('b')) });
    expect(told).toEqual(['dial b', 'log in b']);
  });
});

describe('the last answer of ssh_config', () => {
  test('is that to the same question only', () => {
    const last = new LastRoute();
    expect(last.guess('q')).toBeNull();
    last.note('q', routeTo('a'));
    expect(last.guess('q')).toEqual(routeTo('a'));
    expect(last.guess('another')).toBeNull();
    last.note('another', routeTo('b'));
    expect(last.guess('q')).toBeNull();
  });

  test.each([
    ['ProxyCommand', { way: { command: 'nc' } }],
    ['KnownHostsCommand', { trust: { command: 'keys' } }],
  ])('runs no %s that may not be there any more', (_, changes) => {
    const last = new LastRoute();
    last.note('q', routeTo('a', changes));
    expect(last.guess('q')).toBeNull();
  });
});
