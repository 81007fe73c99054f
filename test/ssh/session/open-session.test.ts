import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { problem, problemOf } from '../../../src/model/problem.ts';
import { openSession } from '../../../src/ssh/session/open-session.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { aHop } from '../identity/hop.ts';

const hop = aHop({ host: 'hop.example' });
const given = {
  clock: fakeClock(),
  signal: new AbortController().signal,
  verifier: { algorithms: ['ssh-ed25519' as const], verify: async () => null, trusts: () => false, follow: () => {} },
  login: {
    handler: () => false as const,
    attach: () => {},
    refusedYet: () => 'nothing' as const,
    refused: () => problem('login-refused', { host: 'hop', user: 'ann', ssh: 'ann@bastion', tried: '' }),
  },
};

describe('a session', () => {
  test('over a connection that was closed meanwhile fails at once, not at its deadline', async () => {
    const stream = new PassThrough();
    stream.destroy();
    const error: unknown = await openSession(stream, hop, given).catch((reason: unknown) => reason);
    expect(problemOf(error).code).toBe('closed-before-greeting');
  });
});
