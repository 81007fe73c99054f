import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planChange } from '../../../src/decide/tunnel/plan-change.ts';
import { newTunnel, transition } from '../../../src/decide/tunnel/transition.ts';
import { problem } from '../../../src/model/problem.ts';
import type { Forward, Profile } from '../../../src/model/profile.ts';
import type { Tunnel, TunnelEvent } from '../../../src/model/tunnel.ts';
import { forward, hop, profile, remote } from './a-profile.ts';

const NOW = 1000;
const listen = { host: '127.0.0.1', port: 15432 };
const held = problem('binding-refused', { listen: '127.0.0.1:1', on: 'bastion' });
const notAllowed = problem('bind-not-allowed', { listen: '127.0.0.1:1', on: 'bastion', said: 'no' });
const waiting = problem('prompt-waiting', { id: '7', what: 'a word' });
const notReachable = problem('connect-timeout', { host: 'bastion', port: 22, ms: 1 });
const added = forward({ name: 'added', listen: { host: '127.0.0.1', port: 1 } });
const addedThere = remote({ name: 'there', listen: { host: '127.0.0.1', port: 2 } });

const step = (tunnel: Tunnel, event: TunnelEvent, of: Profile) => transition(tunnel, event, { profile: of, now: NOW, jitter: 0.5 });
const after = (of: Profile, ...events: readonly TunnelEvent[]): Tunnel =>
  events.reduce((tunnel, event) => step(tunnel, event, of).tunnel, newTunnel(of, NOW));
const change = (tunnel: Tunnel, before: Profile, to: Profile) => step(tunnel, { type: 'changed', before }, to);

const dialing: readonly TunnelEvent[] = [{ type: 'asked-up' }];
const linked: readonly TunnelEvent[] = [...dialing, { type: 'linked', epoch: 1 }, { type: 'bound', age: 1, forward: 0, listen }];
const up: readonly TunnelEvent[] = [...linked, { type: 'bound', age: 1, forward: 1, listen }];
const before = profile();

describe('a tunnel that is up and gets another profile', () => {
  const tunnel = after(before, ...up);

  test('does nothing about settings', () => {
    const settings = profile({ description: 'x', groups: ['a'], holdMs: 0, deadman: 'off' });
    expect(change(tunnel, before, settings)).toEqual({ tunnel, effects: [] });
  });
  test('binds an added forward, here and there, and is whole again once it listens', () => {
    const to = profile({ forwards: [added, forward(), addedThere, remote()] });
    const changed = change(tunnel, before, to);
    expect(changed.effects).toEqual([
      { do: 'bind', age: 1, forward: 2 },
      { do: 'bind', age: 1, forward: 3 },
    ]);
    expect(changed.tunnel).toMatchObject({ ids: [2, 0, 3, 1], state: { is: 'degraded', because: null }, epoch: 1, run: 1 });
    expect(changed.tunnel.forwards.map(({ is }) => is)).toEqual(['binding', 'listening', 'binding', 'listening']);
    const first = step(changed.tunnel, { type: 'bound', age: 1, forward: 2, listen }, to).tunnel;
    expect(first.state.is).toBe('degraded');
    expect(step(first, { type: 'bound', age: 1, forward: 3, listen }, to).tunnel.state.is).toBe('up');
  });
  describe('is up since it was', () => {
    const to = profile({ forwards: [forward(), remote(), added] });
    const later = (state: Tunnel, event: TunnelEvent) => transition(state, event, { profile: to, now: NOW + 5000, jitter: 0.5 }).tunnel;
    const binding = later(tunnel, { type: 'changed', before });

    test('when what was added listens, of which it is degraded until then', () => {
      expect(binding.state).toMatchObject({ is: 'degraded', because: null, since: NOW + 5000 });
      expect(later(binding, { type: 'bound', age: 1, forward: 2, listen }).state).toMatchObject({ is: 'up', since: NOW });
    });
    test('also when it changes once more meanwhile', () => {
      const without = transition(binding, { type: 'changed', before: to }, { profile: before, now: NOW + 6000, jitter: 0.5 }).tunnel;
      expect(without.state).toMatchObject({ is: 'up', since: NOW });
    });
    test('but not when something was wrong before all of it listened', () => {
      const refused = later(binding, { type: 'bind-trouble', age: 1, forward: 2, problem: held });
      expect(refused.state).toMatchObject({ is: 'degraded', because: held });
      expect(later(refused, { type: 'bound', age: 1, forward: 2, listen }).state).toMatchObject({ is: 'up', since: NOW + 5000 });
    });
  });
  test('gives a removed forward back, and stays up', () => {
    const changed = change(tunnel, before, profile({ forwards: [remote()] }));
    expect(changed.effects).toEqual([{ do: 'unbind', forwards: [0] }]);
    expect(changed.tunnel).toMatchObject({ ids: [1], state: { is: 'up' } });
  });
  test('gives a changed forward back before it binds it anew, under a number of its own', () => {
    const to = profile({ forwards: [forward({ to: { host: 'other', port: 1 } }), remote()] });
    const changed = change(tunnel, before, to);
    expect(changed.effects).toEqual([
      { do: 'unbind', forwards: [0] },
      { do: 'bind', age: 1, forward: 2 },
    ]);
    const late = step(changed.tunnel, { type: 'bound', age: 1, forward: 0, listen }, to);
    expect(late).toEqual({ tunnel: changed.tunnel, effects: [] });
    expect(step(changed.tunnel, { type: 'bound', age: 1, forward: 2, listen }, to).tunnel.state.is).toBe('up');
  });
  test('connects anew where the way has changed, and goes on listening here', () => {
    const to = profile({ hops: [hop({ host: 'other' })] });
    const changed = change(tunnel, before, to);
    expect(changed.effects).toEqual([
      { do: 'disconnect', epoch: 1 },
      { do: 'connect', epoch: 2 },
    ]);
    expect(changed.tunnel).toMatchObject({ state: { is: 'reconnecting', attempt: 1 }, run: 1, reconnects: 0 });
    expect(changed.tunnel.forwards).toEqual([tunnel.forwards[0], { is: 'down', since: NOW, because: null }]);
    expect(step(changed.tunnel, { type: 'linked', epoch: 2 }, to).effects).toEqual([{ do: 'bind', age: 2, forward: 1 }]);
  });
  test('gives its connection back where nobody uses it and it is to be idle', () => {
    const changed = change(tunnel, before, profile({ hops: [hop({ host: 'other' })], idleMs: 5000 }));
    expect(changed).toMatchObject({ tunnel: { state: { is: 'idle' } }, effects: [{ do: 'disconnect', epoch: 1 }] });
  });
  test('will be idle once it is unused for long enough', () => {
    const changed = change(tunnel, before, profile({ idleMs: 5000 }));
    expect(changed.effects).toEqual([{ do: 'wake', at: 6000, age: 1, timer: { for: 'idle-out' } }]);
  });
});

describe('a tunnel that is not up and gets another profile', () => {
  const other = profile({ hops: [hop({ host: 'other' })], forwards: [added, remote()] });

  test('does nothing while it is down, and comes up with the new one', () => {
    const changed = change(after(before), before, other);
    expect(changed.effects).toEqual([]);
    expect(step(changed.tunnel, { type: 'asked-up' }, other).effects).toEqual([
      { do: 'bind', age: 1, forward: 2 },
      { do: 'connect', epoch: 1 },
    ]);
  });
  test('dials the new way at once, whatever the old one is waiting for', () => {
    const failed = after(before, ...dialing, { type: 'link-failed', epoch: 1, problem: notReachable });
    expect(failed.state).toMatchObject({ step: { at: 'waiting' } });
    for (const tunnel of [after(before, ...dialing), failed]) {
      expect(change(tunnel, before, other).effects).toEqual([
        { do: 'unbind', forwards: [0] },
        { do: 'disconnect', epoch: tunnel.epoch },
        { do: 'connect', epoch: tunnel.epoch + 1 },
        { do: 'bind', age: 1, forward: 2 },
      ]);
    }
  });
  test('goes on dialling where only forwards have changed', () => {
    const changed = change(after(before, ...dialing), before, profile({ forwards: [forward(), addedThere] }));
    expect(changed.effects).toEqual([{ do: 'unbind', forwards: [1] }]);
    expect(changed.tunnel.state).toEqual(after(before, ...dialing).state);
  });
  test('comes up again from blocked only where something has changed that may have blocked it', () => {
    const refused = problem('bind-not-allowed', { listen: 'x', on: 'y', said: 'no' });
    const blocked = after(before, ...dialing, { type: 'link-failed', epoch: 1, problem: refused });
    expect(blocked.state.is).toBe('blocked');
    expect(change(blocked, before, profile({ description: 'x' }))).toEqual({ tunnel: blocked, effects: [] });
    expect(change(blocked, before, other).tunnel.state).toMatchObject({ is: 'down', closing: 'then-up' });
  });
  test('goes on asking a person where the way is the same, and asks no more where it is not', () => {
    const asks = after(before, ...dialing, { type: 'person-needed', epoch: 1, problem: waiting });
    const same = change(asks, before, profile({ forwards: [forward(), remote(), added] }));
    expect(same).toMatchObject({ tunnel: { state: asks.state }, effects: [{ do: 'bind', forward: 2 }] });
    expect(change(asks, before, other).tunnel.state).toMatchObject({ is: 'connecting', step: { at: 'dialing' } });
  });
  test('connects from idle where it is to be connected always', () => {
    const idle = profile({ idleMs: 5000 });
    const changed = change(after(idle, { type: 'asked-up' }), idle, before);
    expect(changed.effects).toEqual([{ do: 'connect', epoch: 1 }]);
  });
  test('drops the reason that went with a removed forward, and tries no other anew', () => {
    const troubled = after(before, ...linked, { type: 'bind-failed', age: 1, forward: 1, problem: notAllowed, retryAfterMs: null });
    expect(troubled.state).toMatchObject({ is: 'degraded', because: notAllowed });
    expect(change(troubled, before, profile({ forwards: [forward()] })).tunnel.state.is).toBe('up');
    expect(change(troubled, before, profile({ description: 'x' }))).toEqual({ tunnel: troubled, effects: [] });
  });
});

describe('whatever has happened and whatever changes', () => {
  const anyForward: fc.Arbitrary<Forward> = fc
    .record({ name: fc.constantFrom('a', 'b', 'c'), port: fc.integer({ min: 1, max: 3 }), there: fc.boolean() })
    .map(({ name, port, there }) => (there ? remote : forward)({ name, listen: { host: '127.0.0.1', port } }));
  const anyProfile: fc.Arbitrary<Profile> = fc
    .record({
      forwards: fc.uniqueArray(anyForward, { minLength: 1, maxLength: 4, selector: ({ name }) => name }),
      host: fc.constantFrom('bastion', 'bastion', 'other'),
      idleMs: fc.constantFrom(null, null, 60_000),
    })
    .map(({ forwards, host, idleMs }) => profile({ forwards: forwards as [Forward, ...Forward[]], hops: [hop({ host })], idleMs }));
  const small = fc.integer({ min: 0, max: 5 });
  const because = fc.constantFrom(held, notAllowed, waiting, notReachable);
  const anyEvent: fc.Arbitrary<TunnelEvent> = fc.oneof(
    fc.constantFrom<TunnelEvent>({ type: 'asked-up' }, { type: 'asked-down' }, { type: 'used' }, { type: 'unused' }),
    fc.record({ type: fc.constant('linked' as const), epoch: small }),
    fc.record({ type: fc.constantFrom('link-failed' as const, 'link-lost' as const), epoch: small, problem: because }),
    fc.record({ type: fc.constant('bound' as const), age: small, forward: small, listen: fc.constant(listen) }),
    fc.record({
      type: fc.constant('bind-failed' as const),
      age: small,
      forward: small,
      problem: because,
      retryAfterMs: fc.constant(null),
    }),
    fc.record({ type: fc.constant('closed' as const), run: small }),
  );
  const anyStory = fc.array(fc.oneof(anyEvent, anyProfile), { maxLength: 25 });
  const live = (tunnel: Tunnel) => tunnel.state.is !== 'down' && !(tunnel.state.is === 'blocked' && tunnel.state.asks === null);

  test('a kept forward that listens here, or anywhere over the same hops, keeps its number and state and is named by no effect', () => {
    fc.assert(
      fc.property(anyProfile, anyStory, anyProfile, (first, story, last) => {
        const { tunnel, of } = tell(first, story);
        const plan = planChange(of, last);
        const changed = change(tunnel, of, last);
        if (!live(tunnel) || changed.tunnel.state.is === 'blocked') return;
        for (const one of plan.forwards) {
          if (one.is !== 'kept' || (plan.hops === 'changed' && of.forwards[one.from]?.on !== 'local')) continue;
          const id = tunnel.ids[one.from];
          expect(changed.tunnel.ids[one.to]).toBe(id);
          expect(changed.tunnel.forwards[one.to]).toBe(tunnel.forwards[one.from]);
          expect(changed.effects.some((effect) => ('forward' in effect && effect.forward === id) || effect.do === 'close')).toBe(false);
          expect(changed.effects.some((effect) => effect.do === 'unbind' && effect.forwards.includes(id ?? -1))).toBe(false);
        }
        if (plan.hops === 'same')
          expect(changed.effects.some((effect) => effect.do === 'disconnect' || effect.do === 'forget')).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test('every forward has a number that no other one ever had, and one state', () => {
    fc.assert(
      fc.property(anyProfile, anyStory, (first, story) => {
        const { tunnel, of } = tell(first, story);
        expect(tunnel.forwards).toHaveLength(of.forwards.length);
        expect(new Set(tunnel.ids).size).toBe(of.forwards.length);
        expect(Math.max(...tunnel.ids)).toBeLessThan(tunnel.issued);
        if (tunnel.state.is === 'up') expect(tunnel.forwards.every(({ is }) => is === 'listening')).toBe(true);
      }),
    );
  });

  test('the same profile again changes nothing', () => {
    fc.assert(
      fc.property(anyProfile, anyStory, (first, story) => {
        const { tunnel, of } = tell(first, story);
        expect(change(tunnel, of, { ...of })).toEqual({ tunnel, effects: [] });
      }),
    );
  });

  function tell(first: Profile, story: readonly (TunnelEvent | Profile)[]): { tunnel: Tunnel; of: Profile } {
    let [tunnel, of] = [newTunnel(first, NOW), first];
    for (const one of story) {
      if ('type' in one) tunnel = step(tunnel, one, of).tunnel;
      else [tunnel, of] = [change(tunnel, of, one).tunnel, one];
    }
    return { tunnel, of };
  }
});
