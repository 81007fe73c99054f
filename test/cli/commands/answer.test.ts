import { describe, expect, test } from 'vitest';
import type { Keyboard } from '../../../src/cli/keyboard.ts';
import { problem, ProblemError } from '../../../src/model/problem.ts';
import type { Prompt } from '../../../src/model/prompt.ts';
import type { TunnelSnapshot } from '../../../src/model/snapshot.ts';
import { connecting, type FakeSupervisor, makeWorld, run, snapshotEvent, tunnel, type World } from '../fake-given.ts';

const password: Prompt = {
  id: '3',
  is: 'password',
  title: 'Password of ann@bastion',
  detail: '',
  fields: [{ text: 'Password: ', echo: false }],
  remember: ['supervisor', 'keychain'],
  about: { host: 'bastion', port: 22, user: 'ann' },
  tunnels: ['db-prod'],
  since: '2026-11-23T08:00:00.000Z',
};
const codes: Prompt = {
  ...password,
  id: '4',
  is: 'questions',
  title: 'ann@bastion is asked',
  detail: 'Second factor\u001b[2J\nfor ann',
  fields: [
    { text: 'Code: ', echo: true },
    { text: 'PIN: ', echo: false },
  ],
  remember: [],
};
const waiting = (changes: Partial<TunnelSnapshot> = {}): TunnelSnapshot =>
  connecting({
    state: 'blocked',
    prompt: '3',
    because: { code: 'prompt-waiting', text: 'It waits for the password of ann@bastion.', next: 'Answer in a terminal: tunnels answer 3' },
    ...changes,
  });

/** Who types these lines, in order; what was asked is kept. */
function typist(...lines: (string | null)[]): Keyboard & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async ask(text, { echo, signal }) {
      signal.throwIfAborted();
      asked.push(`${text}${echo ? '' : '(unseen)'}`);
      return lines.shift() ?? null;
    },
  };
}

/** A tunnel that waits for `password`, and comes up once that is answered. */
function asking(over: Partial<World> = {}, supervisor: Partial<FakeSupervisor> = {}) {
  const world = makeWorld(over);
  const answered = { ready: (): void => {} };
  const fake: FakeSupervisor = {
    tunnels: [waiting()],
    prompts: [password],
    async *stream(signal) {
      const ready = new Promise<void>((resolve) => {
        answered.ready = resolve;
        signal.addEventListener('abort', () => resolve());
      });
      yield snapshotEvent(waiting());
      await ready;
      if (!signal.aborted) yield snapshotEvent(tunnel());
    },
    onAnswer(id) {
      fake.prompts = [];
      fake.tunnels = [tunnel()];
      answered.ready();
      return { id, warning: null };
    },
    ...supervisor,
  };
  world.supervisor = fake;
  return world;
}

describe('tunnels answer', () => {
  test('asks what waits, unseen, sends the answer and waits until the tunnel is up', async () => {
    const keyboard = typist('hunter2');
    const world = asking({ keyboard, tty: true, env: { NO_COLOR: '1' } });
    const { code, out, err } = await run(world, 'answer');
    expect([code, world.answers]).toEqual([0, [{ id: '3', answers: ['hunter2'] }]]);
    expect(keyboard.asked).toEqual(['Password: (unseen)']);
    expect(err).toContain('? db-prod: Password of ann@bastion');
    expect(out).toContain('127.0.0.1:15432');
    expect(out + err).not.toContain('hunter2');
  });

  test.each([
    ['--remember', 'supervisor'],
    ['--keychain', 'keychain'],
  ] as const)('keeps it with %s', async (flag, remember) => {
    const world = asking({ keyboard: typist('hunter2') });
    expect((await run(world, 'answer', flag)).code).toBe(0);
    expect(world.answers).toEqual([{ id: '3', answers: ['hunter2'], remember }]);
  });

  test('asks several fields in order, keeps what is of no use twice nowhere, and lets no server steer the terminal', async () => {
    const keyboard = typist('123456', '0000');
    const world = asking({ keyboard }, { prompts: [codes] });
    const { code, err } = await run(world, 'answer', '4', '--remember', '--no-wait');
    expect([code, world.answers]).toEqual([0, [{ id: '4', answers: ['123456', '0000'] }]]);
    expect(keyboard.asked).toEqual(['Code: ', 'PIN: (unseen)']);
    expect(err).toContain('Second factor [2J\n  for ann');
  });

  test('reads answers from stdin, and ends with 4 where there are too few', async () => {
    const world = asking({ stdin: ['hunter2'] });
    expect((await run(world, 'answer', '--stdin')).code).toBe(0);
    expect(world.answers).toEqual([{ id: '3', answers: ['hunter2'] }]);
    const empty = asking();
    expect((await run(empty, 'answer', '--stdin')).code).toBe(4);
    expect(empty.answers).toEqual([]);
  });

  test('without a terminal shows what waits and ends with 4 and the commands', async () => {
    const { code, err } = await run(asking(), 'answer');
    expect(code).toBe(4);
    for (const said of ['Password of ann@bastion', 'tunnels answer 3', '--stdin']) expect(err).toContain(said);
  });

  test('asks again where the answer does not fit, and says why', async () => {
    const supervisor: Partial<FakeSupervisor> = {
      onAnswer(id, { answers }) {
        if (answers[0] !== 'yes') throw new ProblemError(problem('answer-unfit', { why: 'it takes yes, no or the fingerprint' }));
        return { id, warning: null };
      },
    };
    const world = asking({ keyboard: typist('maybe', 'yes') }, supervisor);
    const { code, err } = await run(world, 'answer', '--no-wait');
    expect([code, world.answers.length]).toEqual([0, 2]);
    expect(err).toContain('it takes yes, no or the fingerprint');
    // It is asked again at once, so that no command is needed for that.
    expect(err).not.toContain('tunnels answer');
  });

  test('ends with 1 where the answer was used but could not be kept as asked', async () => {
    const warning = { code: 'keychain-unusable', text: 'The answer was used, but not kept', next: 'Unlock it' };
    const world = asking({ keyboard: typist('hunter2') }, { onAnswer: (id) => ({ id, warning }) });
    const { code, err } = await run(world, 'answer', '--keychain', '--no-wait');
    expect(code).toBe(1);
    expect(err).toContain('not kept');
  });

  test('lets a question wait on at the end of input, and declines it when told to', async () => {
    const world = asking({ keyboard: typist(null) });
    expect((await run(world, 'answer')).code).toBe(4);
    expect([world.answers, world.calls]).toEqual([[], []]);
    expect(await run(world, 'answer', '3', '--decline')).toMatchObject({
      code: 0,
      err: expect.stringContaining('Declined: Password of ann@bastion'),
    });
    expect(world.calls).toEqual(['decline 3']);
  });

  test('prints what waits as one document with --json', async () => {
    const { code, json } = await run(asking(), 'answer', '--json');
    expect([code, json()]).toEqual([0, { schemaVersion: 1, prompts: [password] }]);
  });

  test('has nothing to do where nothing waits, or no supervisor runs', async () => {
    for (const supervisor of [null, { tunnels: [tunnel()] }]) {
      const { code, out, err } = await run(makeWorld({ supervisor }), 'answer');
      expect([code, out, err]).toEqual([0, '', 'Nothing waits for an answer.\n']);
    }
    expect((await run(makeWorld({ supervisor: { tunnels: [tunnel()] } }), 'answer', 'db-prod')).code).toBe(0);
    expect((await run(makeWorld({ supervisor: { tunnels: [tunnel()] } }), 'answer', '9')).code).toBe(1);
  });

  test('ends with 130 at Ctrl-C', async () => {
    const interrupted: Keyboard = { ask: async () => Promise.reject(new ProblemError(problem('interrupted', {}))) };
    expect((await run(asking({ keyboard: interrupted }), 'answer')).code).toBe(130);
  });
});

describe('a command that waits for tunnels', () => {
  test('asks right there in a terminal, and its patience stands still meanwhile', async () => {
    const seen = { cancelled: 0 };
    const world = asking({ tty: true });
    world.keyboard = {
      async ask() {
        seen.cancelled = world.waits.filter(({ cancelled }) => cancelled).length;
        return 'hunter2';
      },
    };
    const { code } = await run(world, 'restart', 'db-prod', '--wait', '7');
    expect(code).toBe(0);
    expect(world.answers).toEqual([{ id: '3', answers: ['hunter2'] }]);
    expect(seen.cancelled).toBe(1);
    expect(world.waits.filter(({ ms }) => ms === 7_000)).toHaveLength(2);
  });

  test('without a terminal ends with 4 and the command as soon as a tunnel waits for an answer', async () => {
    const { code, err } = await run(asking(), 'restart', 'db-prod');
    expect(code).toBe(4);
    expect(err).toContain('tunnels answer 3');
  });

  test('stops asking when the answer comes from elsewhere', async () => {
    const world = asking();
    const fake = world.supervisor as FakeSupervisor;
    world.keyboard = {
      async ask(_text, { signal }) {
        fake.onAnswer?.('3', { answers: [] });
        return await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    };
    expect((await run(world, 'restart', 'db-prod')).code).toBe(0);
    expect(world.answers).toEqual([]);
  });
});

describe('what is waited for', () => {
  test('is shown by status, list and why, with the command', async () => {
    for (const argv of [['status'], ['list'], ['why', 'db-prod']]) {
      const { out, err } = await run(asking(), ...argv);
      expect(out + err).toContain('tunnels answer 3');
    }
  });
});
