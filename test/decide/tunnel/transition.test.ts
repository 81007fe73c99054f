import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Given } from '../../../src/decide/tunnel/given.ts';
import { newTunnel, transition } from '../../../src/decide/tunnel/transition.ts';
import { problem } from '../../../src/model/problem.ts';
import type { Profile } from '../../../src/model/profile.ts';
import type { Tunnel, TunnelEffect, TunnelEvent } from '../../../src/model/tunnel.ts';
import { forward, profile as aProfile } from './a-profile.ts';

const profile = aProfile({ forwards: [forward(), forward({ name: 'r', kind: 'remote', on: 0, from: 'local' })] });
const idleProfile: Profile = { ...profile, idleMs: 60_000, forwards: [forward()] };
const listen = { host: '127.0.0.1', port: 15432 };
const lost = problem('link-closed', { host: 'bastion' });
const silent = problem('connect-timeout', { host: 'bastion', port: 22, ms: 1 });
const loginRefused = problem('login-refused', { host: 'bastion', user: 'ann', ssh: 'ann@bastion', tried: 'agent' });
const held = problem('binding-refused', { listen: '127.0.0.1:15432', on: 'bastion' });
const touch = problem('touch-needed', { host: 'bastion', user: 'ann', key: 'id_ed25519_sk' });
const notAllowed = problem('bind-not-allowed', { listen: '127.0.0.1:15432', on: 'bastion', said: 'no' });

function run(events: readonly TunnelEvent[], over: Partial<Given> = {}) {
  const given: Given = { profile, now: 1000, jitter: 0.5, ...over };
  let tunnel = newTunnel(given.profile, given.now);
  let effects: readonly TunnelEffect[] = [];
  for (const event of events) ({ tunnel, effects } = transition(tunnel, event, given));
  return { tunnel, effects, given };
}
const up: readonly TunnelEvent[] = [
  { type: 'asked-up' },
  { type: 'linked', epoch: 1 },
  { type: 'bound', age: 1, forward: 0, listen },
  { type: 'bound', age: 1, forward: 1, listen },
];

describe('a tunnel that is asked up', () => {
  test('listens here and dials at the same time', () => {
    const { tunnel, effects } = run([{ type: 'asked-up' }]);
    expect(tunnel.state.is).toBe('connecting');
    expect(effects).toEqual([
      { do: 'bind', age: 1, forward: 0 },
      { do: 'connect', epoch: 1 },
    ]);
  });
  test('is up only when every forward listens', () => {
    expect(run(up.slice(0, 3)).tunnel.state.is).toBe('connecting');
    expect(run(up).tunnel.state.is).toBe('up');
  });
  test('asks for bindings on hops only once the hops are there', () => {
    expect(run(up.slice(0, 2)).effects).toEqual([{ do: 'bind', age: 1, forward: 1 }]);
  });
  test('is not disturbed by being asked again', () => {
    const { tunnel } = run(up);
    expect(transition(tunnel, { type: 'asked-up' }, run([]).given)).toEqual({ tunnel, effects: [] });
  });
  test('asks again at once for what waits or is blocked when it is asked up again, and for nothing else', () => {
    const blocked = run([...up.slice(0, 3), { type: 'bind-failed', age: 1, forward: 1, problem: notAllowed, retryAfterMs: null }]);
    expect(blocked.tunnel.forwards[1]?.is).toBe('blocked');
    const again = transition(blocked.tunnel, { type: 'asked-up' }, blocked.given);
    expect(again.effects).toEqual([{ do: 'bind', age: 1, forward: 1 }]);
    expect(transition(again.tunnel, { type: 'asked-up' }, blocked.given).effects).toEqual([]);
    expect(transition(again.tunnel, { type: 'bound', age: 1, forward: 1, listen }, blocked.given).tunnel.state.is).toBe('up');

    const waiting = run([...up.slice(0, 3), { type: 'bind-failed', age: 1, forward: 1, problem: held, retryAfterMs: 30_000 }]);
    const sooner = transition(waiting.tunnel, { type: 'asked-up' }, waiting.given);
    expect(sooner.effects).toEqual([{ do: 'bind', age: 1, forward: 1 }]);
    const late = transition(sooner.tunnel, { type: 'woke', age: 1, timer: { for: 'bind', forward: 1 } }, waiting.given);
    expect(late).toEqual({ tunnel: sooner.tunnel, effects: [] });
  });
  test('is degraded, not down, when one forward is refused', () => {
    const { tunnel, effects } = run([...up.slice(0, 3), { type: 'bind-failed', age: 1, forward: 1, problem: held, retryAfterMs: null }]);
    expect(tunnel.state).toMatchObject({ is: 'degraded', because: held });
    expect(effects).toEqual([{ do: 'wake', at: 1250, age: 1, timer: { for: 'bind', forward: 1 } }]);
  });
  test('retries a refused binding alone, on the same connection', () => {
    const { tunnel, effects } = run([
      ...up.slice(0, 3),
      { type: 'bind-failed', age: 1, forward: 1, problem: held, retryAfterMs: null },
      { type: 'woke', age: 1, timer: { for: 'bind', forward: 1 } },
    ]);
    expect(effects).toEqual([{ do: 'bind', age: 1, forward: 1 }]);
    expect(tunnel.epoch).toBe(1);
  });
  test('never retries a binding that policy forbids', () => {
    const { tunnel, effects } = run([
      ...up.slice(0, 3),
      { type: 'bind-failed', age: 1, forward: 1, problem: notAllowed, retryAfterMs: null },
    ]);
    expect(tunnel.forwards[1]).toMatchObject({ is: 'blocked', because: notAllowed });
    expect(effects).toEqual([]);
  });
  test('is blocked and gives everything back when no forward may ever listen', () => {
    const { tunnel, effects } = run([
      ...up.slice(0, 2),
      { type: 'bind-failed', age: 1, forward: 0, problem: notAllowed, retryAfterMs: null },
      { type: 'bind-failed', age: 1, forward: 1, problem: notAllowed, retryAfterMs: null },
    ]);
    expect(tunnel.state).toMatchObject({ is: 'blocked', because: notAllowed });
    expect(effects).toEqual([{ do: 'close', run: 2 }]);
  });
});

describe('a tunnel that loses its connection', () => {
  test('dials again at once after a stable time and keeps listening here', () => {
    const { tunnel } = run(up);
    const given = { ...run([]).given, now: 1000 + 60_000 };
    const after = transition(tunnel, { type: 'link-lost', epoch: 1, problem: lost }, given);
    expect(after.tunnel.state).toMatchObject({ is: 'reconnecting', because: lost, attempt: 1 });
    expect(after.effects).toEqual([
      { do: 'forget', epoch: 1 },
      { do: 'connect', epoch: 2 },
    ]);
    expect(after.tunnel.forwards.map((f) => f.is)).toEqual(['listening', 'down']);
    expect(after.tunnel.reconnects).toBe(1);
  });
  test('dials at once after the first loss, and waits longer and longer when connections do not last', () => {
    const given = { ...run([]).given, jitter: 0.999 };
    let { tunnel } = run(up);
    const waits: number[] = [];
    tunnel = transition(tunnel, { type: 'link-lost', epoch: 1, problem: lost }, given).tunnel;
    expect(tunnel.state).toMatchObject({ step: { at: 'dialing' } });
    tunnel = transition(tunnel, { type: 'linked', epoch: tunnel.epoch }, given).tunnel;
    for (let round = 0; round < 8; round++) {
      tunnel = transition(tunnel, { type: 'link-lost', epoch: tunnel.epoch, problem: lost }, given).tunnel;
      if (!('step' in tunnel.state) || tunnel.state.step.at !== 'waiting') throw new Error('does not wait');
      waits.push(tunnel.state.step.retryAt - given.now);
      tunnel = transition(tunnel, { type: 'woke', age: tunnel.epoch, timer: { for: 'retry' } }, given).tunnel;
      tunnel = transition(tunnel, { type: 'linked', epoch: tunnel.epoch }, given).tunnel;
    }
    expect(waits).toEqual([999, 1998, 3996, 7992, 15_984, 31_968, 59_940, 59_940]);
  });
  test('asks a silent network again and again at short intervals', () => {
    let { tunnel } = run([{ type: 'asked-up' }]);
    const given = { ...run([]).given, jitter: 0.999 };
    for (let round = 0; round < 50; round++) {
      const failed = transition(tunnel, { type: 'link-failed', epoch: tunnel.epoch, problem: silent }, given);
      const wake = failed.effects[0];
      expect(wake).toMatchObject({ do: 'wake', timer: { for: 'retry' } });
      expect((wake as { at: number }).at - given.now).toBeLessThanOrEqual(2000);
      tunnel = transition(failed.tunnel, { type: 'woke', age: failed.tunnel.epoch, timer: { for: 'retry' } }, given).tunnel;
    }
    expect(tunnel.state.is).toBe('connecting');
  });
  test('never dials blindly after a refused login', () => {
    const { tunnel, effects } = run([{ type: 'asked-up' }, { type: 'link-failed', epoch: 1, problem: loginRefused }]);
    expect(tunnel.state).toMatchObject({ is: 'blocked', because: loginRefused });
    expect(effects).toEqual([{ do: 'close', run: 2 }]);
  });
  test('goes on from blocked when a person asks for it', () => {
    const { tunnel, effects } = run([
      { type: 'asked-up' },
      { type: 'link-failed', epoch: 1, problem: loginRefused },
      { type: 'asked-up' },
      { type: 'closed', run: 3 },
    ]);
    expect(tunnel.state.is).toBe('connecting');
    expect(effects).toContainEqual({ do: 'connect', epoch: tunnel.epoch });
  });
});

describe('a tunnel that is asked down', () => {
  test('stays in closing until everything is given back', () => {
    const closing = run([...up, { type: 'asked-down' }]);
    expect(closing.tunnel.state).toMatchObject({ is: 'down', closing: 'then-down' });
    expect(closing.effects).toEqual([{ do: 'close', run: 2 }]);
    expect(run([...up, { type: 'asked-down' }, { type: 'closed', run: 2 }]).tunnel.state).toMatchObject({ is: 'down', closing: null });
  });
  test('comes up afterwards when it is asked up in the middle', () => {
    const { tunnel } = run([...up, { type: 'asked-down' }, { type: 'asked-up' }, { type: 'closed', run: 2 }]);
    expect(tunnel.state.is).toBe('connecting');
  });
});

describe('an idle tunnel', () => {
  const given = { profile: idleProfile };
  test('listens without connecting, and connects on first use', () => {
    const idle = run([{ type: 'asked-up' }, { type: 'bound', age: 1, forward: 0, listen }], given);
    expect(idle.tunnel.state.is).toBe('idle');
    const used = transition(idle.tunnel, { type: 'used' }, idle.given);
    expect(used.effects).toEqual([{ do: 'connect', epoch: 1 }]);
  });
  const inUse: readonly TunnelEvent[] = [
    { type: 'asked-up' },
    { type: 'bound', age: 1, forward: 0, listen },
    { type: 'used' },
    { type: 'linked', epoch: 1 },
  ];
  test('disconnects after its idle time and keeps listening', () => {
    const quiet = run([...inUse, { type: 'unused' }], given);
    expect(quiet.effects).toEqual([{ do: 'wake', at: 61_000, age: 1, timer: { for: 'idle-out' } }]);
    const out = transition(quiet.tunnel, { type: 'woke', age: 1, timer: { for: 'idle-out' } }, quiet.given);
    expect(out.effects).toEqual([{ do: 'disconnect', epoch: 1 }]);
    expect(out.tunnel).toMatchObject({ state: { is: 'idle' }, forwards: [{ is: 'listening' }] });
  });
  test('does not disconnect while it is used again', () => {
    const { effects } = run([...inUse, { type: 'unused' }, { type: 'used' }, { type: 'woke', age: 1, timer: { for: 'idle-out' } }], given);
    expect(effects).toEqual([]);
  });
  test('does not reconnect for nobody', () => {
    const { tunnel } = run([...inUse, { type: 'unused' }, { type: 'link-lost', epoch: 1, problem: lost }], given);
    expect(tunnel.state.is).toBe('idle');
  });
});

const anyEvent = (): fc.Arbitrary<TunnelEvent> => {
  const small = fc.integer({ min: 0, max: 12 });
  const which = fc.integer({ min: 0, max: 2 });
  const asked = fc.constantFrom('1', '2');
  const waiting = asked.map((id) => problem('prompt-waiting', { id, what: 'a word' }));
  const anyProblem = fc.oneof(fc.constantFrom(lost, silent, loginRefused, held, notAllowed), waiting);
  return fc.oneof(
    fc.constantFrom<TunnelEvent>(
      { type: 'asked-up' },
      { type: 'asked-down' },
      { type: 'asked-restart' },
      { type: 'used' },
      { type: 'unused' },
    ),
    fc.record({ type: fc.constant('linked' as const), epoch: small }),
    fc.record({ type: fc.constantFrom('link-failed' as const, 'link-lost' as const), epoch: small, problem: anyProblem }),
    fc.record({ type: fc.constant('bound' as const), age: small, forward: which, listen: fc.constant(listen) }),
    fc.record({
      type: fc.constant('bind-failed' as const),
      age: small,
      forward: which,
      problem: anyProblem,
      retryAfterMs: fc.option(fc.nat(9_000)),
    }),
    fc.record({ type: fc.constant('bind-trouble' as const), age: small, forward: which, problem: anyProblem }),
    fc.record({ type: fc.constant('closed' as const), run: small }),
    fc.record({ type: fc.constant('person-needed' as const), epoch: small, problem: fc.option(fc.oneof(waiting, fc.constant(touch))) }),
    fc.record({
      type: fc.constant('prompt-settled' as const),
      prompt: asked,
      how: fc.constantFrom('answered' as const, 'declined' as const),
    }),
    fc.record({
      type: fc.constant('woke' as const),
      age: small,
      timer: fc.oneof(
        fc.constantFrom({ for: 'retry' } as const, { for: 'idle-out' } as const),
        fc.record({ for: fc.constant('bind' as const), forward: which }),
      ),
    }),
  );
};
const history = fc.array(anyEvent(), { maxLength: 60 });
const anyGiven = fc.record({
  profile: fc.constantFrom(profile, idleProfile),
  now: fc.nat(),
  jitter: fc.double({ min: 0, max: 0.999, noNaN: true }),
});

function replay(
  events: readonly TunnelEvent[],
  given: Given,
  each?: (before: Tunnel, event: TunnelEvent, after: ReturnType<typeof transition>) => void,
) {
  return events.reduce(
    (tunnel, event) => {
      const after = transition(tunnel, event, given);
      each?.(tunnel, event, after);
      return after.tunnel;
    },
    newTunnel(given.profile, 0),
  );
}

describe('whatever happens', () => {
  test('a report of an old run or epoch changes nothing', () => {
    fc.assert(
      fc.property(history, anyGiven, (events, given) => {
        replay(events, given, (before, event, after) => {
          const old =
            ('epoch' in event && event.epoch !== before.epoch) ||
            ('run' in event && event.run !== before.run) ||
            ('age' in event && event.age !== before.run && event.age !== before.epoch);
          if (old) expect(after).toEqual({ tunnel: before, effects: [] });
        });
      }),
    );
  });
  test('epochs and runs never fall, and every dial has an epoch of its own', () => {
    fc.assert(
      fc.property(history, anyGiven, (events, given) => {
        const dialled = new Set<number>();
        replay(events, given, (before, _event, after) => {
          expect(after.tunnel.epoch).toBeGreaterThanOrEqual(before.epoch);
          expect(after.tunnel.run).toBeGreaterThanOrEqual(before.run);
          for (const effect of after.effects) {
            if (effect.do !== 'connect') continue;
            expect(dialled.has(effect.epoch)).toBe(false);
            dialled.add(effect.epoch);
          }
        });
      }),
    );
  });
  test('a blocked tunnel dials only after a person has asked', () => {
    fc.assert(
      fc.property(history, anyGiven, (events, given) => {
        replay(events, given, (before, event, after) => {
          if (before.state.is !== 'blocked' || event.type.startsWith('asked')) return;
          const dials = after.effects.filter((effect) => effect.do === 'connect').length;
          const binds = after.effects.filter((effect) => effect.do === 'bind').length;
          expect(dials).toBe(before.state.asks?.dial === 'over' && event.type === 'prompt-settled' ? dials : 0);
          // What only waits for an answer may be bound by its own dial, when that gets through after all.
          expect(binds).toBe(before.state.asks === null ? 0 : binds);
        });
      }),
    );
  });
  test('a tunnel that waits for an answer keeps what listens here, and knows where to go on', () => {
    fc.assert(
      fc.property(history, anyGiven, (events, given) => {
        replay(events, given, (before, event, after) => {
          const { state } = after.tunnel;
          if (state.is !== 'blocked' || state.asks === null) return;
          expect(after.effects.filter((effect) => effect.do === 'close' || effect.do === 'disconnect')).toEqual([]);
          expect(after.tunnel.run).toBe(before.run);
          expect(state.because.code).toBe('prompt-waiting');
          expect(state.asks.before.step.at).toBe('dialing');
          if (event.type === 'prompt-settled') expect(event.prompt === state.asks.prompt && state.asks.dial === 'over').toBe(false);
        });
      }),
    );
  });
  test('down is always reachable and final until somebody asks', () => {
    fc.assert(
      fc.property(history, history, anyGiven, (events, later, given) => {
        const asked = transition(replay(events, given), { type: 'asked-down' }, given);
        const down = transition(asked.tunnel, { type: 'closed', run: asked.tunnel.run }, given).tunnel;
        expect(down.state).toMatchObject({ is: 'down', closing: null });
        const noise = later.filter((event) => !event.type.startsWith('asked'));
        const still = noise.reduce((tunnel, event) => transition(tunnel, event, given).tunnel, down);
        expect(still.state).toEqual(down.state);
      }),
    );
  });
  test('up means that every forward listens', () => {
    fc.assert(
      fc.property(history, anyGiven, (events, given) => {
        replay(events, given, (_before, _event, { tunnel }) => {
          if (tunnel.state.is === 'up') expect(tunnel.forwards.every((f) => f.is === 'listening')).toBe(true);
        });
      }),
    );
  });
});
