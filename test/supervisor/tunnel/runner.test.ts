import { once } from 'node:events';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import type { Problem } from '../../../src/model/problem.ts';
import type { Profile } from '../../../src/model/profile.ts';
import { type Deferred, deferred } from '../../../src/platform/deferred.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import type { Lease, Links } from '../../../src/ssh/links/links.ts';
import { listenThere } from '../../../src/ssh/forwards/listen-there.ts';
import type { HopLink } from '../../../src/ssh/remote/types.ts';
import type { RemoteBinding, Service } from '../../../src/ssh/types.ts';
import type { Rungs } from '../../../src/supervisor/recovery/rungs.ts';
import { LocalClaims } from '../../../src/supervisor/tunnel/local-claims.ts';
import { SshDefaults } from '../../../src/ssh/config/ssh-defaults.ts';
import { Runner } from '../../../src/supervisor/tunnel/runner.ts';
import { memoryLog } from '../memory-log.ts';
import { fakeLink } from '../recovery/fake-link.ts';
import { until } from '../../support/until.ts';

const forward = {
  kind: 'local' as const,
  on: 'local' as const,
  from: 0,
  to: { host: 'db', port: 5432 },
  onConflict: ['reclaim', 'wait'] as const,
  fallbackPorts: null,
  giveUpAfterMs: null,
  public: false,
};
const here = { ...forward, name: 'here', listen: { host: '127.0.0.1', port: 0 } };
const there = {
  ...forward,
  name: 'there',
  kind: 'remote' as const,
  on: 0,
  from: 'local' as const,
  listen: { host: '127.0.0.1', port: 18080 },
};
const profile: Profile = {
  name: 'db',
  description: null,
  groups: [],
  hops: [{ host: 'server.invalid', user: null, port: null, identity: [], hostKey: [] }],
  forwards: [here, there],
  keepalive: 'mirror',
  idleMs: null,
  holdMs: 30_000,
  deadman: 'off',
  secondLogin: 'never',
  ssh: { configFile: null, options: [] },
};

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** A route whose server says yes to everything, when it is let. */
function route() {
  const leases: { released: boolean; lost: Deferred<Problem> }[] = [];
  const state = { bound: 0, answer: Promise.resolve(), unbindAnswer: Promise.resolve(), asked: 0 };
  const link = fakeLink();
  const listen = async (address: RemoteBinding['address']): Promise<RemoteBinding> => {
    state.asked += 1;
    await state.answer;
    state.bound += 1;
    return { address, close: () => state.unbindAnswer.then(() => void (state.bound -= 1)) };
  };
  Object.assign(link, { listen, open: async () => new PassThrough() });
  const lease = async (): Promise<Lease> => {
    const made = { released: false, lost: deferred<Problem>() };
    leases.push(made);
    return { links: [link], lost: made.lost.promise, release: async () => void (made.released = true) };
  };
  return { state, leases, links: { lease, states: () => [] } as unknown as Links };
}

const rungs = {
  prime: () => {},
  enter: async () => {},
  listen: async (link: HopLink, service: Service) => ({ listener: await listenThere(link, service), test: null }),
  verify: async () => null,
  hold: () => () => {},
  tidy: async () => {},
} as unknown as Rungs;

function runnerOf(links: Links, over: { profile?: Partial<Profile>; rungs?: Rungs } = {}): Runner {
  const runner = new Runner({
    onWaits: () => {},
    defaults: new SshDefaults(),
    profile: { ...profile, ...over.profile },
    clock: systemClock,
    random: () => 0,
    env: async () => process.env,
    links,
    rungs: over.rungs ?? rungs,
    claims: new LocalClaims(),
    log: memoryLog(),
    onChange: () => {},
  });
  ends.push(() => runner.down());
  return runner;
}

const isUp = (runner: Runner) => until(() => runner.snapshot.state === 'up', { what: 'the tunnel to be up' });
/** Asked to go down; everything that needs nobody's answer has been done. */
async function goingDown(runner: Runner) {
  const state = { isOver: false };
  const over = runner.down().then(() => void (state.isOver = true));
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return { over, isOver: () => state.isOver };
}
const use = async (runner: Runner) => {
  const { listen } = runner.snapshot.forwards[0] ?? {};
  const socket = connect({ host: '127.0.0.1', port: listen !== undefined && 'port' in listen ? listen.port : 0 });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
};

describe('a tunnel', () => {
  test('that is used while it gives its idle connection back keeps the new one', async () => {
    const { state, leases, links } = route();
    const runner = runnerOf(links, { profile: { idleMs: 20 } });
    runner.up();
    await until(() => runner.snapshot.forwards[0]?.state === 'listening', { what: 'listening here' });
    const first = await use(runner);
    await isUp(runner);
    const unbound = deferred<void>();
    state.unbindAnswer = unbound.promise;
    first.destroy();
    await until(() => runner.snapshot.state === 'idle', { what: 'the idle time to be over' });
    const second = await use(runner);
    await until(() => leases.length === 2, { what: 'a new connection' });
    unbound.resolve();
    await isUp(runner);
    await until(() => leases[0]?.released, { what: 'the old connection to be given back' });
    expect(leases[1]?.released).toBe(false);
    expect(runner.snapshot.forwards.map((one) => one.state)).toEqual(['listening', 'listening']);
    second.destroy();
  });

  test('is not down before the binding that was being asked for is free again', async () => {
    const { state, links } = route();
    const answer = deferred<void>();
    state.answer = answer.promise;
    const runner = runnerOf(links);
    runner.up();
    await until(() => state.asked === 1, { what: 'the request' });
    const down = await goingDown(runner);
    expect(down.isOver()).toBe(false);
    answer.resolve();
    await down.over;
    expect(state.bound).toBe(0);
  });

  test('asks for a changed binding only once the one before it is given back, and asks nothing else anew', async () => {
    const { state, leases, links } = route();
    const runner = runnerOf(links);
    runner.up();
    await isUp(runner);
    const unbound = deferred<void>();
    state.unbindAnswer = unbound.promise;
    const before = runner.snapshot;
    runner.change({ ...profile, forwards: [here, { ...there, to: { host: 'other', port: 1 } }] }, { byPerson: false });
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect([state.asked, runner.snapshot.state]).toEqual([1, 'degraded']);
    unbound.resolve();
    await isUp(runner);
    expect([state.asked, state.bound, leases.length]).toEqual([2, 1, 1]);
    expect(runner.snapshot.forwards[0]).toEqual(before.forwards[0]);
  });

  test('gives a port of this machine to another forward of a changed profile at once, also while its connections drain', async () => {
    const { links } = route();
    const runner = runnerOf(links);
    runner.up();
    await isUp(runner);
    const socket = await use(runner);
    const [bound] = runner.snapshot.forwards;
    const port = bound !== undefined && 'port' in bound.listen ? bound.listen.port : 0;
    const renamed = { ...here, name: 'another', listen: { host: '127.0.0.1', port }, to: { host: 'other', port: 1 } };
    runner.change({ ...profile, forwards: [renamed, there] }, { byPerson: false });
    await isUp(runner);
    expect(runner.snapshot.forwards.map(({ name, listen }) => [name, listen])).toEqual([
      ['another', { host: '127.0.0.1', port }],
      ['there', there.listen],
    ]);
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  test('gives back what a changed profile has no more where it goes down in the middle of the change', async () => {
    const { state, leases, links } = route();
    const runner = runnerOf(links);
    runner.up();
    await isUp(runner);
    const unbound = deferred<void>();
    state.unbindAnswer = unbound.promise;
    runner.change({ ...profile, forwards: [here, { ...there, to: { host: 'other', port: 1 } }] }, { byPerson: false });
    const down = await goingDown(runner);
    expect([down.isOver(), leases[0]?.released]).toEqual([false, false]);
    unbound.resolve();
    await down.over;
    expect([state.bound, leases[0]?.released]).toEqual([0, true]);
  });

  test('leaves nothing bound where it goes down while a binding is being verified', async () => {
    const { state, links } = route();
    const verifying = deferred<void>();
    const slow = {
      verify: (_link: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise((seen) => {
          verifying.resolve();
          signal.addEventListener('abort', () => seen(null), { once: true });
        }),
    };
    const runner = runnerOf(links, { rungs: { ...rungs, ...slow } as unknown as Rungs });
    runner.up();
    await verifying.promise;
    expect(state.bound).toBe(1);
    const unbound = deferred<void>();
    state.unbindAnswer = unbound.promise;
    const down = await goingDown(runner);
    expect(down.isOver()).toBe(false);
    unbound.resolve();
    await down.over;
    expect(state.bound).toBe(0);
  });
});
