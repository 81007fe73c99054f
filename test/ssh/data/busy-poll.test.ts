import { describe, expect, test } from 'vitest';
import { LEAVE_MS, LOOK_AFTER, POLL_MS } from '../../../src/decide/busy-poll.ts';
import { BusyPoll } from '../../../src/ssh/data/busy-poll.ts';

/** An event loop whose time passes by hand, with who else wants its processor. */
function world({ processors = 2 } = {}) {
  const state = { now: 1_000, preemptions: 0, looks: 0, waiting: null as (() => void) | null };
  const poll = new BusyPoll({
    now: () => state.now,
    again: (call) => {
      expect(state.waiting).toBeNull();
      state.waiting = call;
    },
    preemptions: () => state.preemptions,
    processors,
  });
  const [user, server] = [poll.newEnd(), poll.newEnd()];
  const pass = (ms: number): void => {
    state.now += ms;
    const call = state.waiting;
    state.waiting = null;
    if (call === null) return;
    state.looks += 1;
    call();
  };
  /** Questions and answers, each so long after the other. */
  const talk = (messages: number, gapMs = POLL_MS / 2): void => {
    for (let index = 0; index < messages; index++) {
      pass(gapMs);
      poll.note(50, index % 2 === 0 ? user : server);
    }
  };
  return { state, poll, server, pass, talk, isAwake: () => state.waiting !== null };
}

describe('the event loop', () => {
  test('stays awake between questions and answers that follow closely, and sleeps soon after the last', () => {
    const { talk, pass, isAwake, state } = world();
    talk(10);
    expect(isAwake()).toBe(false);
    talk(20);
    expect(isAwake()).toBe(true);
    pass(POLL_MS / 2);
    expect(isAwake()).toBe(true);
    pass(POLL_MS / 2);
    expect(isAwake()).toBe(false);
    const { looks } = state;
    pass(60_000);
    expect(state.looks).toBe(looks);
  });

  test('sleeps between messages of a server that is far away', () => {
    const { talk, isAwake, state } = world();
    talk(500, POLL_MS * 1.5);
    expect(isAwake()).toBe(false);
    expect(state.looks).toBe(0);
  });

  test('sleeps at once when bulk comes', () => {
    const { poll, server, talk, pass, isAwake } = world();
    talk(50);
    poll.note(32 * 1024, server);
    pass(0.01);
    expect(isAwake()).toBe(false);
  });

  test('leaves the processor for a while to others who want it, and is awake again after that', () => {
    const { talk, state, isAwake } = world();
    talk(40);
    for (let round = 0; round < 2; round++) {
      state.preemptions += LOOK_AFTER;
      talk(LOOK_AFTER);
      talk(1);
      expect(isAwake()).toBe(false);
      const { looks } = state;
      talk(10);
      expect(state.looks).toBe(looks);
      // What was taken while it slept is not held against it.
      state.preemptions += 10_000;
      talk(Math.ceil(LEAVE_MS / (POLL_MS / 2)));
      expect(isAwake()).toBe(true);
    }
  });

  test('never stays awake on the only processor, nor where it was forbidden', () => {
    const alone = world({ processors: 1 });
    alone.talk(500);
    const forbidden = world();
    forbidden.poll.forbid();
    forbidden.talk(500);
    expect([alone.state.looks, forbidden.state.looks]).toEqual([0, 0]);
  });
});
