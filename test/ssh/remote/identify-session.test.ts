import { existsSync, readFileSync, writeFileSync, chmodSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identityIn, identifySession } from '../../../src/ssh/remote/identify-session.ts';
import { AccountMemory } from '../../../src/ssh/remote/account-memory.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { filesOfAccount, runOnAccount } from '../../../src/ssh/remote/on-account.ts';
import { commandOf, processesOfUser } from '../../support/proc.ts';
import { isRoot, must } from '../../support/run.ts';
import { until } from '../../support/until.ts';
import { aDropbear, anAccount, given, startOf, type TestAccount, userChild } from './accounts.ts';

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

describe.runIf(isRoot)('a session is identified', () => {
  const SHELLS = ['/bin/bash', '/bin/dash', '/bin/rbash', '/usr/bin/tcsh', '/usr/bin/fish'].filter(existsSync);
  test.each(SHELLS)('from the login shell %s', async (shell) => {
    const account = await anAccount({ shell });
    const link = await account.login();
    const identity = await identifySession(link, given());
    const pid = await userChild(account);
    expect(identity).toEqual({
      uid: account.uid,
      pid,
      comm: expect.stringMatching(/^sshd(-session)?$/),
      startTicks: startOf(pid),
      bootId: bootId(),
      client: { host: '127.0.0.1', port: expect.any(Number) },
      scope: null,
      killable: true,
    });
  });
});

test.runIf(isRoot)('a session of dropbear is identified, and is not ours to end', async () => {
  const { uid, login } = await aDropbear();
  expect(await identifySession(await login(), given())).toMatchObject({
    uid,
    comm: 'dropbear',
    killable: false,
    client: { host: '127.0.0.1' },
  });
});

describe.runIf(isRoot)('where there is no shell,', () => {
  const noShell = (account: TestAccount, accounts: AccountMemory, hostKey: string) =>
    accounts.of({ hostKey, user: account.sshd.user }).shell;

  test.each(['/usr/sbin/nologin', '/bin/false'])('%s, SFTP tells what it can', async (shell) => {
    const account = await anAccount({ shell });
    const link = await account.login();
    const accounts = new AccountMemory({ clock: systemClock });
    const pid = await userChild(account);
    expect(await identifySession(link, given(accounts))).toMatchObject({
      uid: account.uid,
      pid,
      startTicks: startOf(pid),
      killable: false,
      client: { host: '127.0.0.1', port: link.ends?.local.port },
    });
    expect(noShell(account, accounts, link.hostKey)).toEqual({ is: 'no', why: 'forced' });
  });

  test('an account of SFTP alone tells the same', async () => {
    const account = await anAccount({ config: ['ForceCommand internal-sftp'] });
    const link = await account.login();
    const pid = await userChild(account);
    expect(await identifySession(link, given())).toMatchObject({ pid, startTicks: startOf(pid) });
  });

  test('a chroot, which has no /proc, tells nothing', async () => {
    const account = await anAccount({ config: ['ForceCommand internal-sftp', 'ChrootDirectory /run/sshd'] });
    expect(await identifySession(await account.login(), given())).toBe(null);
  });

  test('a server that opens no session tells nothing and is not asked again', async () => {
    const account = await anAccount({ config: ['MaxSessions 0'] });
    const link = await account.login();
    const accounts = new AccountMemory({ clock: systemClock });
    expect(await identifySession(link, given(accounts))).toBe(null);
    expect(accounts.of({ hostKey: link.hostKey, user: account.sshd.user })).toMatchObject({
      shell: { is: 'no', why: 'refused' },
      sftp: { is: 'no', why: 'refused' },
    });
    const from = account.sshd.log().length;
    expect(await identifySession(link, given(accounts))).toBe(null);
    expect(account.sshd.log().slice(from)).not.toContain('session');
  });

  test('a key that may forward only is no hindrance', async () => {
    const account = await anAccount({ key: 'restrict,port-forwarding' });
    expect(await identifySession(await account.login(), given())).toMatchObject({ pid: await userChild(account), killable: true });
  });
});

describe.runIf(isRoot)('a forced command', () => {
  const effect = (file: string, end: string) => `/bin/sh -c "echo ran >>${file}; ${end}"`;
  const runs = (file: string): number => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0);

  test('of the key, which sshd tells at login, is never run', async () => {
    const account = await anAccount({ key: `command="echo ran >>~/ran"` });
    const link = await account.login();
    expect(await identifySession(link, given())).toBe(null);
    expect(await filesOfAccount(link, given())).toBe(null);
    expect(runs(`${account.home}/ran`)).toBe(0);
  });

  test.each([
    ['that is silent', ':'],
    ['that fails', 'exit 1'],
    ['that says a lot', 'yes | head -c 300000'],
    ['that waits for what we say', 'cat'],
  ])('of the server %s is run into once, by however many questions and runs of ours', async (_, end) => {
    const account = await anAccount({ config: ['ForceCommand ~/forced'] });
    const file = `${account.home}/ran`;
    writeFileSync(`${account.home}/forced`, `#!/bin/sh\nexec ${effect(file, end)}\n`);
    chmodSync(`${account.home}/forced`, 0o755);
    const link = await account.login();
    const accounts = new AccountMemory({ clock: systemClock });
    const quick = { ...given(accounts), deadlineMs: 500 };
    const answers = await Promise.all([identifySession(link, quick), identifySession(link, quick), filesOfAccount(link, quick)]);
    expect(answers).toEqual([null, null, null]);
    const later = new AccountMemory({ clock: systemClock, known: accounts.all() });
    const again = await account.login();
    expect(await runOnAccount(again, 'echo hi', { ...given(later), args: [] })).toEqual({ ok: false, why: 'not-asked' });
    expect(await filesOfAccount(again, given(later))).toBe(null);
    expect(runs(file)).toBe(1);
  });
});

describe.runIf(isRoot)('a login shell that knows our frame and lies in it', () => {
  const FRAME = 'n=${2#sh -s } n=${n%% *}; echo; echo "tunnels $n begin"; LIES; echo "tunnels $n end"';
  const SOUND =
    'echo "uid 0"; echo "boot $(cat /proc/sys/kernel/random/boot_id)"; echo "client 127.0.0.1 5 127.0.0.1 22"; echo "shell $$ 999999999999"';

  test.each([
    ['garbage', 'head -c 3000 /dev/urandom'],
    ['a pid of 1', `${SOUND}; echo "server 1 sshd 5 yes"`],
    ['a process that is no server', `${SOUND}; echo "server ${process.pid} node 5 yes"`],
    ['a start in the future', `${SOUND}; echo "server 4 sshd 999999999999 yes"`],
    ['megabytes', 'yes "uid 0" | head -c 3000000'],
    ['nothing for ever', 'sleep 1000'],
  ])('with %s identifies nobody', async (_, lies) => {
    const account = await anAccount();
    const liar = `${account.home}/liar`;
    writeFileSync(liar, `#!/bin/bash\n${FRAME.replace('LIES', lies)}\n`);
    chmodSync(liar, 0o755);
    await must('usermod', ['-s', liar, account.sshd.user]);
    const link = await account.login();
    expect(await identifySession(link, { ...given(), deadlineMs: 1_000 })).toBe(null);
    // What hung has been killed with its session.
    await until(() => processesOfUser(account.uid).every((pid) => !commandOf(pid).includes('sleep')), { what: 'the end of what hung' });
  });
});

describe('a lying server is not believed:', () => {
  const GOOD = [
    'uid 1001',
    'boot 8d5c3c0e-0c3c-4b3e-9d3f-0123456789ab',
    'client 10.0.0.2 53044 10.0.0.1 22',
    'scope ',
    'shell 4712 88012',
    'server 4710 sshd 88001 yes',
  ];
  const but = (word: string, line: string | null): string[] => GOOD.flatMap((it) => (it.startsWith(word) ? (line ?? []) : it));

  test('what is sound is read', () => {
    expect(identityIn(GOOD)).toEqual({
      uid: 1001,
      pid: 4710,
      comm: 'sshd',
      startTicks: 88001,
      bootId: '8d5c3c0e-0c3c-4b3e-9d3f-0123456789ab',
      client: { host: '10.0.0.2', port: 53044 },
      scope: null,
      killable: true,
    });
    expect(identityIn(but('server', 'server 4710 ? 0 yes'))).toMatchObject({ comm: '?', startTicks: null });
    expect(identityIn(but('client', 'client ::ffff:10.0.0.2 53044 ::1 22'))).toMatchObject({ client: { host: '10.0.0.2' } });
  });

  test.each([
    ['server', 'server 1 sshd 88001 yes'],
    ['server', 'server 0 sshd 88001 yes'],
    ['server', 'server -5 sshd 88001 yes'],
    ['server', 'server 4712 sshd 88001 yes'],
    ['server', 'server 99999999 sshd 88001 yes'],
    ['server', 'server 4710 sshd 88013 yes'],
    ['server', 'server 4710 sshd 8e3 yes'],
    ['server', 'server 4710 bash 88001 yes'],
    ['server', 'server 4710 sshd 88001'],
    ['shell', 'shell 4712 99999999999999'],
    ['boot', 'boot 1234'],
    ['boot', null],
    ['uid', 'uid -1'],
    ['uid', 'uid 4294967295'],
    ['uid', 'uid root'],
    ['client', 'client UNKNOWN 65535 UNKNOWN 65535'],
    ['client', 'client 10.0.0.2 0 10.0.0.1 22'],
    ['client', 'client '],
  ])('in place of its %s, %j', (word, line) => {
    expect(identityIn(but(word, line))).toBe(null);
  });

  test('two answers to one question are none', () => {
    expect(identityIn([...GOOD, 'server 4711 sshd 88001 yes'])).toBe(null);
  });

  test('anything at all is read without a throw, and only what is sane comes of it', () => {
    const word = fc.constantFrom('uid', 'boot', 'client', 'scope', 'shell', 'server');
    const line = fc.oneof(
      fc.constantFrom(...GOOD),
      fc.string(),
      fc.tuple(word, fc.string()).map((pair) => pair.join(' ')),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const identity = identityIn(lines);
        if (identity !== null) expect(identity.pid > 1 && Number.isSafeInteger(identity.pid)).toBe(true);
      }),
    );
  });
});
