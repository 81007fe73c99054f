import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../../src/platform/clock.ts';
import { learnServerKeepalive } from '../../../../src/ssh/recovery/keepalive/learn-server-keepalive.ts';
import { AccountMemory } from '../../../../src/ssh/remote/account-memory.ts';
import type { Remote } from '../../../../src/ssh/remote/types.ts';
import { ChannelRefused } from '../../../../src/ssh/session/open-channel.ts';
import { commandOf } from '../../../support/proc.ts';
import { isRoot } from '../../../support/run.ts';
import { tempDir } from '../../../support/temp-home.ts';
import { aHop } from '../../identity/hop.ts';
import { localRemote } from '../../remote/local-remote.ts';
import { given, logIn, makePlace } from '../steps/support.ts';

const accounts = () => new AccountMemory({ clock: systemClock });

/** A folder of configuration files that everybody may read. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = tempDir();
  chmodSync(folder, 0o755);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o644 });
  return folder;
}

async function learned({ shell, config }: { shell: string; config: readonly string[] }) {
  const place = await makePlace({ shell, config });
  return await learnServerKeepalive(await logIn(place), { ...given, accounts: accounts() });
}

describe.runIf(isRoot).each([
  ['a shell', '/bin/sh', expect.stringMatching(/^(sshd|config)$/)],
  ['a shell of another kind', '/usr/bin/tcsh', expect.stringMatching(/^(sshd|config)$/)],
  ['SFTP alone', '/usr/sbin/nologin', 'sftp'],
])('with %s, of a real sshd with a configuration of its own', (_, shell, source) => {
  const plain = { source, conditional: false };
  test.each<[string, string[], { intervalMs: number; countMax: number }]>([
    ['nothing', [], { intervalMs: 0, countMax: 3 }],
    ['an interval of 0', ['ClientAliveInterval 0', 'ClientAliveCountMax 5'], { intervalMs: 0, countMax: 5 }],
    ['15 x 3', ['ClientAliveInterval 15', 'ClientAliveCountMax 3'], { intervalMs: 15_000, countMax: 3 }],
    ['a time with units', ['  clientaliveinterval="1m30s" # as agreed', 'ClientAliveCountMax\t2'], { intervalMs: 90_000, countMax: 2 }],
    ['two values, of which the first counts', ['ClientAliveInterval 7', 'ClientAliveInterval 9'], { intervalMs: 7_000, countMax: 3 }],
  ])('%s is learned', async (_, config, expected) => {
    expect(await learned({ shell, config })).toEqual({ ...expected, ...plain });
  });

  test('included files count in their order, where they stand', async () => {
    const folder = folderOf({
      '20-late.conf': 'ClientAliveInterval 20\nClientAliveCountMax 20\n',
      '10-early.conf': '# ClientAliveInterval 99\nClientAliveInterval 10\n',
      '.hidden.conf': 'ClientAliveInterval 1\n',
      'backup.conf.old': 'ClientAliveInterval 2\n',
    });
    const config = [`Include ${folder}/*.conf ${folder}/none-such/*.conf`, 'ClientAliveInterval 30'];
    expect(await learned({ shell, config })).toEqual({ intervalMs: 10_000, countMax: 20, ...plain });
  });

  test('an included file that only root may read makes it unknown, unless all was said before', async () => {
    const folder = folderOf({ 'a.conf': 'ClientAliveInterval 10\n' });
    chmodSync(join(folder, 'a.conf'), 0o600);
    expect(await learned({ shell, config: [`Include ${folder}/a.conf`] })).toBeNull();
    const before = ['ClientAliveInterval 5', 'ClientAliveCountMax 4', `Include ${folder}/a.conf`];
    expect(await learned({ shell, config: before })).toMatchObject({ intervalMs: 5_000, countMax: 4, source });
  });

  test('so does an included folder that only root may list', async () => {
    const folder = folderOf({});
    mkdirSync(join(folder, 'd'), { mode: 0o700 });
    writeFileSync(join(folder, 'd', 'a.conf'), 'ClientAliveInterval 10\n');
    expect(await learned({ shell, config: [`Include ${folder}/d/*.conf`] })).toBeNull();
  });

  test('a configuration that only root may read makes it unknown', async () => {
    const place = await makePlace({ shell, config: ['ClientAliveInterval 15'] });
    const file = /-f (\S+)/.exec(commandOf(place.sshd.pid()))![1]!;
    const link = await logIn(place);
    chmodSync(file, 0o600);
    expect(await learnServerKeepalive(link, { ...given, accounts: accounts() })).toBeNull();
  });
});

describe.runIf(isRoot)('over SFTP', () => {
  test('a Match block is not applied, but noted', async () => {
    const config = ['ClientAliveCountMax 6', 'Match User *', 'ClientAliveInterval 33'];
    const expected = { intervalMs: 0, countMax: 6, source: 'sftp', conditional: true };
    expect(await learned({ shell: '/usr/sbin/nologin', config })).toEqual(expected);
  });

  test('a chroot tells nothing, whatever lies in it', async () => {
    const jail = tempDir();
    mkdirSync(join(jail, 'etc', 'ssh'), { recursive: true });
    chmodSync(jail, 0o755);
    writeFileSync(join(jail, 'etc', 'ssh', 'sshd_config'), 'ClientAliveInterval 15\n');
    expect(await learned({ shell: '/usr/sbin/nologin', config: ['Match User tt*', `ChrootDirectory ${jail}`] })).toBeNull();
  });
});

describe('where sshd itself can be asked', () => {
  /** A Remote of this machine, in whose PATH a program stands for sshd. */
  function withSshd(program: string, { ident = 'OpenSSH_9.6p1' } = {}): { remote: Remote; commands: readonly string[] } {
    const folder = tempDir();
    writeFileSync(join(folder, 'sshd'), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
    const env = { PATH: `${folder}:/usr/bin:/bin`, SSH_CONNECTION: '10.0.0.2 53044 10.0.0.1 22' };
    const local = localRemote({ env });
    const none = () => Promise.reject(new ChannelRefused(null));
    const said = { all: [], mark: () => 0, since: () => [] };
    const remote: Remote = {
      ...local,
      hop: aHop(),
      hostKey: 'SHA256:x',
      ident,
      said,
      sftp: none,
      openRaw: none,
      tryListen: none,
      ping: () => Promise.resolve(),
    };
    return { remote, commands: local.commands };
  }
  const learn = (remote: Remote) => learnServerKeepalive(remote, { ...given, accounts: accounts() });
  const says = (interval: string) => `printf 'port 22\\nclientaliveinterval ${interval}\\nclientalivecountmax 4\\n'`;

  test('its word holds, for this very connection', async () => {
    const { remote } = withSshd(
      `case "$*" in '-G -T -f /etc/ssh/sshd_config -C '*user=*addr=10.0.0.2*lport=22*) ${says('25')} ;; *) exit 1 ;; esac`,
    );
    expect(await learn(remote)).toEqual({ intervalMs: 25_000, countMax: 4, source: 'sshd', conditional: false });
  });

  test('where it cannot say it for one connection, Match blocks are left open', async () => {
    const { remote } = withSshd(`[ $# = 3 ] || exit 255\n${says('25')}`);
    expect(await learn(remote)).toEqual({ intervalMs: 25_000, countMax: 4, source: 'sshd', conditional: true });
  });

  test('nonsense is not believed', async () => {
    const { remote } = withSshd(says('-1'));
    expect((await learn(remote))?.source).not.toBe('sshd');
  });

  test('another server is not asked', async () => {
    const { remote, commands } = withSshd(says('25'), { ident: 'dropbear_2022.83' });
    expect(await learn(remote)).toBeNull();
    expect(commands).toEqual([]);
  });
});
