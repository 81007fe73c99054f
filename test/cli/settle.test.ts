import { describe, expect, test } from 'vitest';
import { settled, worst } from '../../src/cli/settle.ts';
import { connecting, forward, tunnel } from './fake-given.ts';

const because = (code: string) => ({ code, text: '', next: '' });

describe('waiting for a tunnel', () => {
  test('ends well when it is up, or listens until first use', () => {
    expect(settled(tunnel())).toBe(0);
    expect(settled(tunnel({ state: 'idle' }))).toBe(0);
  });

  test('goes on while it connects or reconnects, whatever went wrong so far', () => {
    expect(settled(connecting({ because: because('connect-refused') }))).toBeNull();
    expect(settled(tunnel({ state: 'reconnecting', because: because('link-closed') }))).toBeNull();
    expect(settled(connecting({ because: because('agent-unusable') }))).toBe(4);
  });

  test('ends with the code of the problem that blocks it', () => {
    expect(settled(tunnel({ state: 'blocked', because: because('login-refused') }))).toBe(4);
    expect(settled(tunnel({ state: 'blocked', because: because('hop-not-allowed') }))).toBe(5);
    expect(settled(tunnel({ state: 'blocked', because: because('ssh-config-invalid') }))).toBe(2);
  });

  test('ends as a matter for a person when a newer supervisor blocks for a reason unknown here', () => {
    expect(settled(tunnel({ state: 'blocked', because: because('from-the-future') }))).toBe(4);
  });

  test('finds the reason at a forward when the tunnel itself has none', () => {
    const forwards = [forward({ state: 'blocked', because: because('bind-not-allowed') })];
    expect(settled(tunnel({ state: 'blocked', forwards }))).toBe(5);
  });

  test('ends at once when every forward that does not listen is held by somebody else', () => {
    const held = forward({ state: 'recovering', because: because('binding-held') });
    expect(settled(tunnel({ state: 'degraded', forwards: [forward(), held] }))).toBe(5);
  });

  test('ends when what is missing needs a person', () => {
    const forbidden = forward({ state: 'blocked', because: because('bind-not-allowed') });
    expect(settled(tunnel({ state: 'degraded', forwards: [forward(), forbidden] }))).toBe(5);
  });

  test('goes on while one forward may still come', () => {
    const held = forward({ state: 'recovering', because: because('binding-held') });
    expect(settled(tunnel({ state: 'degraded', forwards: [held, forward({ state: 'binding' })] }))).toBeNull();
    const slow = forward({ state: 'recovering', because: because('bind-not-answered') });
    expect(settled(tunnel({ state: 'degraded', forwards: [held, slow] }))).toBeNull();
    const unexplained = forward({ state: 'recovering', because: because('binding-refused') });
    expect(settled(tunnel({ state: 'degraded', forwards: [held, unexplained] }))).toBeNull();
  });

  test('ends when somebody takes it down meanwhile', () => {
    expect(settled(tunnel({ state: 'down', wanted: 'down' }))).toBe(1);
    expect(settled(tunnel({ state: 'down', wanted: 'up' }))).toBeNull();
  });
});

test('of several outcomes the one that needs a person wins over the one that time may mend', () => {
  expect(worst([0, 3, 5])).toBe(5);
  expect(worst([5, 4])).toBe(4);
  expect(worst([0, 3])).toBe(3);
  expect(worst([])).toBe(0);
});
