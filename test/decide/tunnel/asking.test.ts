import { describe, expect, test } from 'vitest';
import type { Given } from '../../../src/decide/tunnel/given.ts';
import { newTunnel, transition } from '../../../src/decide/tunnel/transition.ts';
import { type Problem, problem } from '../../../src/model/problem.ts';
import type { Tunnel, TunnelEffect, TunnelEvent } from '../../../src/model/tunnel.ts';
import { forward, profile as aProfile } from './a-profile.ts';

const local = forward();
const profile = aProfile({ forwards: [local] });
const given: Given = { profile, now: 5_000, jitter: 0.5 };
const lost = problem('link-closed', { host: 'bastion' });
const waiting = problem('prompt-waiting', { id: '7', what: 'the password of ann@bastion' });
const touch = problem('touch-needed', { host: 'bastion', user: 'ann', key: 'id_ed25519_sk' });
const refused = problem('login-refused', { host: 'bastion', user: 'ann', ssh: 'ann@bastion', tried: 'password' });

const bound = { type: 'bound', age: 1, forward: 0, listen: local.listen } as const;
const needs = (needed: Problem | null, epoch = 1): TunnelEvent => ({ type: 'person-needed', epoch, problem: needed });
const dialEnds = (epoch = 1): TunnelEvent => ({ type: 'link-failed', epoch, problem: waiting });
const settled = (how: 'answered' | 'declined', prompt = '7'): TunnelEvent => ({ type: 'prompt-settled', prompt, how });

function run(...events: readonly TunnelEvent[]): { readonly tunnel: Tunnel; readonly effects: readonly TunnelEffect[] } {
  return events.reduce((now, event) => transition(now.tunnel, event, given), {
    tunnel: newTunnel(profile, 0),
    effects: [] as readonly TunnelEffect[],
  });
}
const asking: readonly TunnelEvent[] = [{ type: 'asked-up' }, bound, needs(waiting)];
const parked: readonly TunnelEvent[] = [...asking, dialEnds()];

describe('a tunnel whose login asks a person', () => {
  test('is blocked with the question, and keeps its dial and what listens here', () => {
    const { tunnel, effects } = run(...asking);
    expect(tunnel.state).toMatchObject({ is: 'blocked', because: waiting, asks: { prompt: '7', dial: 'under-way' } });
    expect(tunnel.forwards[0]?.is).toBe('listening');
    expect(tunnel.epoch).toBe(1);
    expect(effects).toEqual([]);
  });
  test('goes on to up in the same dial once it is answered', () => {
    expect(run(...asking, needs(null)).tunnel.state).toMatchObject({ is: 'connecting', attempt: 1, because: null });
    expect(run(...asking, needs(null), { type: 'linked', epoch: 1 }).tunnel.state.is).toBe('up');
    expect(run(...asking, { type: 'linked', epoch: 1 }).tunnel.state.is).toBe('up');
  });
  test('goes back to reconnecting, with the reason it had, when it was up before', () => {
    const again = run(
      { type: 'asked-up' },
      bound,
      { type: 'linked', epoch: 1 },
      { type: 'link-lost', epoch: 1, problem: lost },
      needs(waiting, 2),
    );
    expect(again.tunnel.state.is).toBe('blocked');
    expect(transition(again.tunnel, needs(null, 2), given).tunnel.state).toMatchObject({ is: 'reconnecting', because: lost, attempt: 2 });
  });
  test('is told of a second question in place of the first', () => {
    const second = problem('prompt-waiting', { id: '8', what: 'an answer' });
    expect(run(...asking, { type: 'person-needed', epoch: 1, problem: second }).tunnel.state).toMatchObject({ asks: { prompt: '8' } });
  });
  test('waits on, with nothing under way, when the server ends the login unanswered', () => {
    const { tunnel, effects } = run(...parked);
    expect(tunnel.state).toMatchObject({ is: 'blocked', because: waiting, asks: { prompt: '7', dial: 'over' } });
    expect(tunnel.forwards[0]?.is).toBe('listening');
    expect(effects).toEqual([]);
    expect(run(...parked, needs(null)).tunnel).toEqual(tunnel);
  });
  test('is blocked for good when the server refuses what was answered', () => {
    const { tunnel, effects } = run(...asking, needs(null), { type: 'link-failed', epoch: 1, problem: refused });
    expect(tunnel.state).toMatchObject({ is: 'blocked', because: refused, asks: null });
    expect(effects).toEqual([{ do: 'close', run: 2 }]);
  });
  test('is tried again when its connection broke for another reason', () => {
    const { tunnel } = run(...asking, { type: 'link-failed', epoch: 1, problem: lost });
    expect(tunnel.state).toMatchObject({ is: 'connecting', because: lost, step: { at: 'waiting' } });
  });
});

describe('an answer that comes after the login has ended', () => {
  test('begins the next login, under a new epoch', () => {
    const { tunnel, effects } = run(...parked, settled('answered'));
    expect(tunnel.state).toMatchObject({ is: 'connecting', attempt: 2, step: { at: 'dialing' } });
    expect(effects).toEqual([{ do: 'connect', epoch: tunnel.epoch }]);
    expect(tunnel.epoch).toBeGreaterThan(1);
  });
  test('that is no blocks the tunnel for good and gives everything back', () => {
    const { tunnel, effects } = run(...parked, settled('declined'));
    expect(tunnel.state).toMatchObject({ is: 'blocked', because: { code: 'prompt-declined' }, asks: null });
    expect(effects).toEqual([{ do: 'close', run: 2 }]);
  });
  test('to another question changes nothing, nor one while the dial is under way', () => {
    expect(run(...parked, settled('answered', '8')).tunnel).toEqual(run(...parked).tunnel);
    for (const how of ['answered', 'declined'] as const) expect(run(...asking, settled(how)).tunnel).toEqual(run(...asking).tunnel);
    expect(run({ type: 'asked-up' }, settled('answered')).tunnel).toEqual(run({ type: 'asked-up' }).tunnel);
  });
});

describe('who asks the tunnel meanwhile', () => {
  test('to come up disturbs no question that is being asked, and dials anew where the dial is over', () => {
    expect(run(...asking, { type: 'asked-up' })).toEqual({ tunnel: run(...asking).tunnel, effects: [] });
    expect(run(...parked, { type: 'asked-up' }).effects).toEqual([{ do: 'connect', epoch: 3 }]);
  });
  test('to go down or to restart gives everything back', () => {
    for (const events of [asking, parked]) {
      expect(run(...events, { type: 'asked-down' }).effects).toEqual([{ do: 'close', run: 2 }]);
      expect(run(...events, { type: 'asked-restart' }).tunnel.state).toMatchObject({ is: 'down', closing: 'then-up' });
    }
  });
});

describe('a touch that a key waits for', () => {
  test('is told as the reason while the tunnel goes on connecting, and taken back afterwards', () => {
    const touched = run({ type: 'asked-up' }, needs(touch));
    expect(touched.tunnel.state).toMatchObject({ is: 'connecting', because: touch });
    expect(transition(touched.tunnel, needs(null), given).tunnel.state).toMatchObject({ is: 'connecting', because: null });
  });
  test('of an old dial is not heard', () => {
    const { tunnel } = run({ type: 'asked-up' });
    expect(transition(tunnel, needs(touch, 0), given)).toEqual({ tunnel, effects: [] });
  });
});
