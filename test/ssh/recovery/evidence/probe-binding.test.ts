import { Duplex, PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { ProblemError, problem } from '../../../../src/model/problem.ts';
import { probeBinding } from '../../../../src/ssh/recovery/evidence/probe-binding.ts';
import { sayingsIn } from '../../../../src/ssh/recovery/evidence/sayings.ts';
import { ChannelRefused } from '../../../../src/ssh/session/open-channel.ts';
import { fakeClock } from '../../../support/fake-clock.ts';

const AT = { host: '127.0.0.1', port: 18_080 };
const signal = new AbortController().signal;

describe('a probe', () => {
  test.each([
    ['nothing-listens', new ChannelRefused(2)],
    ['prohibited', new ChannelRefused(1)],
    ['no-answer', new ChannelRefused(4)],
    ['no-answer', new ChannelRefused(null)],
    ['no-answer', new ProblemError(problem('link-closed', { host: 'h' }))],
  ])('is told %s by the reason of its refusal', async (answer, error) => {
    expect(await probeBinding({ openRaw: () => Promise.reject(error) }, AT, { clock: fakeClock(), signal })).toBe(answer);
  });

  test.each([
    ['talks', (far: PassThrough) => far.write('220 hello')],
    ['ended', (far: PassThrough) => far.end()],
    ['ended', (far: PassThrough) => far.destroy()],
  ])('that connects hears that it %s, and is closed', async (answer, act) => {
    const [far, clock] = [new PassThrough(), fakeClock()];
    const channel = Duplex.from({ readable: far, writable: new PassThrough() });
    channel.on('error', () => {});
    const probing = probeBinding({ openRaw: () => Promise.resolve(channel) }, AT, { clock, signal });
    await clock.advance(1);
    act(far);
    expect(await probing).toBe(answer);
    expect(channel.destroyed).toBe(true);
  });

  test('that hears nothing is silent after 300 ms, and is closed', async () => {
    const clock = fakeClock();
    const channel = new PassThrough();
    const asked: unknown[] = [];
    const openRaw = (to: unknown) => {
      asked.push(to);
      return Promise.resolve(channel);
    };
    const probing = probeBinding({ openRaw }, { host: '*', port: 5 }, { clock, signal });
    await clock.advance(299);
    expect(channel.destroyed).toBe(false);
    await clock.advance(1);
    expect(await probing).toBe('silent');
    expect(channel.destroyed).toBe(true);
    expect(asked).toEqual([{ host: '127.0.0.1', port: 5 }]);
  });

  test('that is never answered ends at its deadline, and closes what comes later', async () => {
    const clock = fakeClock();
    const channel = new PassThrough();
    let open = (_: Duplex): void => {};
    const openRaw = () => new Promise<Duplex>((resolve) => (open = resolve));
    const probing = probeBinding({ openRaw }, AT, { clock, signal });
    await clock.advance(3_000);
    expect(await probing).toBe('no-answer');
    open(channel);
    await clock.advance(0);
    expect(channel.destroyed).toBe(true);
  });
});

test('of what the server says, only its own sentences are taken for reasons', () => {
  expect(sayingsIn(['Server has disabled port forwarding.', 'port forwarding refused', 'port forwarding refused'])).toEqual([
    'forwarding-disabled',
    'listen-not-permitted',
  ]);
  expect(sayingsIn(['Forwarding listen address "127.0.0.1" overridden by server GatewayPorts'])).toEqual(['address-overridden']);
  expect(sayingsIn(['not: port forwarding refused', '', 'Remote: x'])).toEqual([]);
});
