import { describe, expect, test } from 'vitest';
import { type Allowed, AccountMemory } from '../../../src/ssh/remote/account-memory.ts';
import { isShellKnown, runOnAccount } from '../../../src/ssh/remote/on-account.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { type FakeLink, fakeLink } from '../../supervisor/recovery/fake-link.ts';

const account = { hostKey: 'SHA256:server', user: 'deploy' };
const YES: Allowed = { is: 'yes' };

/** Runs one script on an account of which that is known; gives what is known afterwards. */
async function learned(link: FakeLink, before: { shell?: Allowed; sftp?: Allowed }): Promise<Allowed['is']> {
  const clock = fakeClock();
  const accounts = new AccountMemory({ clock });
  accounts.learn(account, before);
  const running = runOnAccount(link, 'true', { args: [], clock, accounts, signal: new AbortController().signal });
  for (let time = 0; time < 10; time += 1) await clock.advance(1_000);
  await running;
  return accounts.of(account).shell.is;
}

const says = (text: string | null) => fakeLink({ run: () => text });
const unanswered: Pick<FakeLink, 'ping'> = { ping: () => new Promise(() => {}) };

describe('what is remembered of an account', () => {
  test('is that it has no shell, when its server answers and the shell does not', async () => {
    expect(await learned(says(null), { sftp: YES })).toBe('no');
  });

  test('is nothing where the network is dead, and with it everything silent', async () => {
    expect(await learned({ ...says(null), ...unanswered }, { sftp: YES })).toBe('unknown');
  });

  test.each([
    ['it is silent once', says(null)],
    ['its server opens no more sessions', fakeLink()],
  ])('is that it has a shell, when that has answered before and %s', async (_, link) => {
    expect(await learned(link, { sftp: YES, shell: YES })).toBe('yes');
  });

  test('is known at once and without a question', () => {
    const accounts = new AccountMemory({ clock: fakeClock() });
    const link = says(null);
    expect(isShellKnown(link, accounts)).toBe(false);
    accounts.learn(account, { shell: YES });
    expect(isShellKnown(link, accounts)).toBe(true);
    const said = { ...link.said, all: ['/k:1: key options: command port-forwarding'] };
    expect([isShellKnown({ ...link, said }, accounts), link.commands]).toEqual([false, []]);
  });
});
