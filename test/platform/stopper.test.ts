import { describe, expect, test } from 'vitest';
import { Stopper, type StopSignal } from '../../src/platform/stopper.ts';

describe.each([
  ['a stopper', (): { signal: StopSignal; abort: () => void } => ofStopper(new Stopper())],
  ['the signal of an AbortController', (): { signal: StopSignal; abort: () => void } => ofController(new AbortController())],
])('%s', (_, make) => {
  test('calls whoever listens once, and says why', () => {
    const { signal, abort } = make();
    const calls: string[] = [];
    signal.addEventListener('abort', () => calls.push(`a ${signal.aborted}`));
    signal.addEventListener('abort', () => calls.push('b'));
    expect(signal.aborted).toBe(false);
    abort();
    abort();
    expect(calls).toEqual(['a true', 'b']);
    expect(signal.reason).toBeInstanceOf(Error);
  });

  test('calls nobody who has left', () => {
    const { signal, abort } = make();
    const calls: string[] = [];
    const left = (): void => void calls.push('left');
    signal.addEventListener('abort', left);
    signal.addEventListener('abort', () => calls.push('stays'));
    signal.removeEventListener('abort', left);
    signal.removeEventListener('abort', left);
    abort();
    expect(calls).toEqual(['stays']);
  });

  test('calls nobody who comes after it', () => {
    const { signal, abort } = make();
    abort();
    const calls: string[] = [];
    signal.addEventListener('abort', () => calls.push('late'));
    abort();
    expect(calls).toEqual([]);
  });

  test('lets one who is called leave, or have another leave', () => {
    const { signal, abort } = make();
    const calls: string[] = [];
    const second = (): void => void calls.push('second');
    signal.addEventListener('abort', () => signal.removeEventListener('abort', second));
    signal.addEventListener('abort', second);
    signal.addEventListener('abort', () => calls.push('third'));
    abort();
    expect(calls).toEqual(['third']);
  });
});

const ofStopper = (stopper: Stopper) => ({ signal: stopper, abort: () => stopper.abort() });
const ofController = (controller: AbortController) => ({ signal: controller.signal, abort: () => controller.abort() });
