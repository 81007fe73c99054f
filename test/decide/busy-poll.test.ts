import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AT_REST, isBrisk, isWantedByOthers, LOOK_AFTER, type Message, type Pace, paceAfter, POLL_MS } from '../../src/decide/busy-poll.ts';

const soon: Message = { bytes: 64, gapMs: POLL_MS / 2, isAnswer: true };
const late: Message = { ...soon, gapMs: POLL_MS * 2 };
const fromTheSame: Message = { ...soon, isAnswer: false };
const bulk: Message = { ...soon, bytes: 1_448 };

const after = (messages: readonly Message[], pace: Pace = AT_REST): Pace =>
  messages.reduce((before, message) => paceAfter(before, message), pace);
const times = (count: number, message: Message): Message[] => Array.from({ length: count }, () => message);

describe('looking for the next bytes in place of sleeping', () => {
  test.each<[string, boolean, readonly Message[]]>([
    ['one answer came soon', false, [soon]],
    ['answer after answer came soon', true, times(16, soon)],
    ['each second message lets wait, as of a client that thinks', false, times(100, soon).flatMap((message) => [message, late])],
    ['one now and then lets wait', true, times(16, soon).flatMap((message) => [message, message, message, late])],
    ['messages come from one end only, however fast', false, times(100, fromTheSame)],
    ['a segment of bulk has come', false, [...times(100, soon), bulk]],
    ['answers come soon again after bulk', true, [...times(100, soon), bulk, ...times(16, soon)]],
    ['nothing comes soon any more', false, [...times(100, soon), ...times(20, late)]],
  ])('is worth it where %s: %s', (_, isWorthIt, messages) => {
    expect(isBrisk(after(messages))).toBe(isWorthIt);
  });

  const message = fc.record({ bytes: fc.nat(600_000), gapMs: fc.double({ min: 0, max: 10, noNaN: true }), isAnswer: fc.boolean() });

  test('is never begun without as many soon answers, and is given up after as many that let wait', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 200 }), (messages) => {
        const pace = after(messages);
        const answers = messages.filter(({ isAnswer, gapMs }) => isAnswer && gapMs <= POLL_MS).length;
        if (isBrisk(pace)) expect(answers).toBeGreaterThanOrEqual(16);
        expect(isBrisk(after(times(17, late), pace))).toBe(false);
        expect(isBrisk(paceAfter(pace, bulk))).toBe(false);
      }),
    );
  });

  test('is left where the kernel gave the processor to others at more than every third message', () => {
    expect(isWantedByOthers(LOOK_AFTER / 4, LOOK_AFTER)).toBe(false);
    expect(isWantedByOthers(LOOK_AFTER / 2, LOOK_AFTER)).toBe(true);
  });
});
