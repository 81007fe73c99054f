import type { AuthenticationType, AnyAuthMethod } from 'ssh2';
import { describe, expect, test } from 'vitest';
import { createAuthHandler } from '../../../src/ssh/identity/auth-handler.ts';
import type { LoginMethod } from '../../../src/ssh/identity/credentials.ts';
import { aHop } from './hop.ts';

const method = (label: string): LoginMethod => ({ label, fingerprint: label, method: { type: 'publickey', username: 'ann', key: label } });

/** What the handler asks for next after each of the server's answers. */
function answers(labels: string[], replies: readonly [AuthenticationType[] | null, boolean | null][]) {
  const { handler, refused } = createAuthHandler(aHop(), { methods: labels.map(method), skipped: [], nothing: null });
  const asked = replies.map(([left, partial]) => {
    let next: unknown;
    handler(left as AuthenticationType[], partial as boolean, (chosen: AuthenticationType | AnyAuthMethod) => (next = chosen));
    return next;
  });
  const problem = refused();
  return {
    asked: asked.map((one) => (one === false ? false : (one as { key: string }).key)),
    tried: problem.code === 'login-refused' && problem.facts.tried,
  };
}

describe('the order of a login', () => {
  test('is each key once, then the end, and the end stays the end', () => {
    const no: [AuthenticationType[], boolean] = [['publickey', 'password'], false];
    expect(answers(['a', 'b'], [[null, null], no, no, no])).toEqual({ asked: ['a', 'b', false, false], tried: 'a, b' });
  });

  test('ends when the server takes no more keys', () => {
    const { asked, tried } = answers(
      ['a', 'b'],
      [
        [null, null],
        [['password'], false],
      ],
    );
    expect([asked, tried]).toEqual([['a', false], 'a; it takes no keys, only: password']);
  });

  test('goes on with another key when the first was accepted and one more is asked for', () => {
    expect(
      answers(
        ['a', 'b'],
        [
          [null, null],
          [['publickey'], true],
        ],
      ).asked,
    ).toEqual(['a', 'b']);
  });

  test('says so when a key was accepted and something else is asked for', () => {
    const { asked, tried } = answers(
      ['a', 'b'],
      [
        [null, null],
        [['keyboard-interactive'], true],
      ],
    );
    expect([asked, tried]).toEqual([['a', false], 'a; a key was accepted and more is asked for: keyboard-interactive']);
  });
});
