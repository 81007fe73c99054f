import type { ChangeReply, UpRequest } from '../../src/api/contract.ts';
import type { TunnelEvent } from '../../src/api/server.ts';
import { ProblemError, problem } from '../../src/model/problem.ts';
import type { TunnelSnapshot } from '../../src/model/snapshot.ts';
import type { WantedStore, WantedTunnel } from '../../src/supervisor/wanted-store.ts';

/** Tunnels without SSH: up at once, kept as wanted, every change told. The profile `{ trouble: 'refuse' }` is refused, `'throw'` is a defect later on. */
export function createTunnels(given: { wanted?: Pick<WantedStore, 'put' | 'remove'> } = {}) {
  const all = new Map<string, TunnelSnapshot>();
  const listeners = new Set<(event: TunnelEvent) => void>();
  const tell = (event: TunnelEvent): void => listeners.forEach((listener) => listener(event));
  const foretold: string[] = [];
  const put = (name: string, wanted: 'up' | 'down'): TunnelSnapshot => {
    const tunnel = snapshotOf(name, wanted);
    all.set(name, tunnel);
    tell({ type: 'tunnel', tunnel });
    return tunnel;
  };
  return {
    story: (name: string) => ({ schemaVersion: 1 as const, tunnel: name, episodes: [] }),
    snapshot: (names?: readonly string[]) => [...all.values()].filter(({ name }) => names === undefined || names.includes(name)),
    foretold,
    foretell: (names: readonly string[]) => void foretold.push(...names),
    up(name: string, { profile, origin }: UpRequest): TunnelSnapshot {
      if (profile['trouble'] === 'refuse')
        throw new ProblemError(problem('binding-held', { listen: '127.0.0.1:1', on: 'local', holder: 'nc' }));
      if (profile['trouble'] === 'throw')
        setImmediate(() => {
          throw new TypeError('a defect');
        });
      if (profile['trouble'] === 'io')
        setImmediate(() => {
          throw Object.assign(new Error('gone'), { syscall: 'read', errno: -104, code: 'ECONNRESET' });
        });
      if (profile['trouble'] === 'reject') void Promise.reject(new TypeError('forgotten'));
      const tunnel = put(name, 'up');
      given.wanted?.put({ name, wanted: 'up', profile, origin });
      return tunnel;
    },
    change: (name: string): ChangeReply => ({ tunnel: put(name, 'up'), change: null }),
    files: (): readonly string[] => [],
    async down(name: string): Promise<TunnelSnapshot> {
      given.wanted?.remove(name);
      return put(name, 'down');
    },
    restart: async (name: string): Promise<TunnelSnapshot> => put(name, 'up'),
    usage: () => ({ windows: 0, queued: 0 }),
    subscribe(listener: (event: TunnelEvent) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    restore: (wanted: readonly WantedTunnel[]) => wanted.forEach((tunnel) => put(tunnel.name, tunnel.wanted)),
    shutdown: async (): Promise<void> => {},
    listeners: () => listeners.size,
    tell,
    put,
  };
}

const snapshotOf = (name: string, wanted: 'up' | 'down'): TunnelSnapshot => ({
  name,
  wanted,
  state: wanted,
  since: '2026-01-01T00:00:00.000Z',
  because: null,
  retryAt: null,
  reconnects: 0,
  hops: [],
  forwards: [],
});
