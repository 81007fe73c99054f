import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { filesOfAccount, runOnAccount } from '../../../src/ssh/remote/on-account.ts';
import { OneSession } from '../../../src/ssh/session/one-session.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { isRoot } from '../../support/run.ts';
import { aDropbear, given } from '../remote/accounts.ts';

describe.runIf(isRoot)('a session of dropbear', () => {
  test('is never taken for refused because another ends just then', async () => {
    const link = await (await aDropbear()).login();
    for (let round = 0; round < 8; round += 1) {
      // As at the first look of all: nothing is known of the account, so SFTP goes before the shell.
      const about = given();
      const script = async () => (await runOnAccount(link, 'echo yes', { ...about, args: [] })).ok;
      const files = async () => {
        const opened = await filesOfAccount(link, about);
        opened?.close();
        return opened !== null;
      };
      expect(await Promise.all([script(), files(), script(), files(), script()])).toEqual([true, true, true, true, true]);
    }
  });
});

describe('the next session', () => {
  function opener(ident: string) {
    const clock = fakeClock();
    const sessions = new OneSession({ clock, ident: () => ident });
    const opened: EventEmitter[] = [];
    const open = async () => {
      const channel = new EventEmitter();
      opened.push(channel);
      return await Promise.resolve(channel);
    };
    return { clock, opened, open: () => sessions.open(open), fail: () => sessions.open(() => Promise.reject(new Error('refused'))) };
  }

  test('waits on dropbear until the one before is closed', async () => {
    const { clock, opened, open } = opener('dropbear_2022.83');
    const both = Promise.all([open(), open()]);
    await clock.advance(100);
    expect(opened.length).toBe(1);
    opened[0]?.emit('close');
    await both;
    expect(opened.length).toBe(2);
  });

  test('waits for none that does not end, and for none that was refused', async () => {
    const { clock, opened, open, fail } = opener('dropbear_2022.83');
    await expect(fail()).rejects.toThrow('refused');
    const both = Promise.all([open(), open()]);
    await clock.advance(10_000);
    await both;
    expect(opened.length).toBe(2);
  });

  test('waits for nothing on OpenSSH', async () => {
    const { opened, open } = opener('OpenSSH_9.2p1');
    await Promise.all([open(), open()]);
    expect(opened.length).toBe(2);
  });
});
