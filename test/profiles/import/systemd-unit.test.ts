import { describe, expect, test } from 'vitest';
import { printTold } from '../../../src/profiles/import/imported.ts';
import { importUnit, isUnit } from '../../../src/profiles/import/systemd-unit.ts';

const read = (service: string, file = '/etc/systemd/system/db.service') =>
  importUnit(`[Unit]\nDescription=a tunnel\n\n[Service]\n${service}\n`, { file, home: '/home/ann' });
const documents = (service: string) => {
  const made = read(service);
  return made.ok ? made.value.map(({ name, document }) => ({ name, document })) : made.error.map(printTold);
};
const simple = (name: string, local: number) => ({ name, document: { hops: ['web'], forwards: [{ local, to: 'h:1' }] } });

describe('a systemd unit', () => {
  test.each<[string, string]>([
    ['a plain command', 'ExecStart=/usr/bin/autossh -M 0 -N -L 1:h:1 web'],
    ['prefixes', 'ExecStart=-+/usr/bin/ssh -N -L 1:h:1 web'],
    ['another name for the program', 'ExecStart=@/usr/bin/ssh tunnel -N -L 1:h:1 web'],
    ['continued lines with a comment between them', 'ExecStart=/usr/bin/ssh -N \\\n# the forward\n  -L 1:h:1 \\\n  web'],
    ['quotes and escapes', String.raw`ExecStart=/usr/bin/ssh "-N" '-L' 1:\x68:1 "we"b`],
    [
      'variables of its own',
      'Environment="TO=1:h:1" SERVER=web\nEnvironment=OPTS="-N -T"\nExecStart=/usr/bin/ssh $OPTS -L ${TO} ${SERVER}',
    ],
    ['an emptied list', 'ExecStart=/usr/bin/ssh -L 2:h:2 other\nExecStart=\nExecStart=/usr/bin/ssh -L 1:h:1 web'],
    ['a shell', `ExecStart=/bin/sh -c 'exec ssh -N -L 1:h:1 web'`],
    ['other programs beside it', 'ExecStart=/bin/true\nExecStart=/usr/bin/ssh -L 1:h:1 web'],
  ])('is read with %s', (_title, service) => {
    expect(documents(service)).toEqual([simple('db', 1)]);
  });

  test('with several commands becomes several profiles', () => {
    expect(documents('Type=oneshot\nExecStart=ssh -L 1:h:1 web\nExecStart=ssh -L 2:h:1 web')).toEqual([simple('db', 1), simple('db-2', 2)]);
  });

  test('tells what stays behind, with its place', () => {
    const made = read(
      'User=tunnel\nEnvironment="AUTOSSH_GATETIME=0"\nExecStartPre=/bin/rm -f /run/x\nExecStart=/usr/bin/autossh -M 7000 -A -N \\\n  -L 1:h:1 -C web\nRestart=always',
    );
    expect(made.ok && made.value[0]?.notes.map(({ at, remark }) => `${at?.line}:${at?.column} ${remark.code}`)).toEqual([
      '5:1 unit-user',
      '7:1 unit-command',
      '6:13 autossh-variable',
      '8:31 monitor-port',
      '8:36 no-part',
      '9:12 not-taken',
    ]);
  });

  test.each<[string, string, string]>([
    ['a specifier', 'ExecStart=/usr/bin/ssh -L 1:h:1 %i.example.com', '/etc/systemd/system/db.service:5:33'],
    [
      'a variable of another file',
      'EnvironmentFile=/etc/x\nExecStart=/usr/bin/ssh -L ${PORT}:h:1 web',
      '/etc/systemd/system/db.service:6:27',
    ],
    ['a bad escape', String.raw`ExecStart=/usr/bin/ssh -L 1:h\q:1 web`, '/etc/systemd/system/db.service:5:30'],
    ['an open quote', 'ExecStart=/usr/bin/ssh \\\n  -L "1:h:1 web', '/etc/systemd/system/db.service:6:6'],
    ['a bad forward in a continued line', 'ExecStart=/usr/bin/ssh -N \\\n   -L 1:h web', '/etc/systemd/system/db.service:6:7'],
    ['a shell command that needs a shell', `ExecStart=/bin/sh -c 'ssh -L 1:h:1 $$HOST'`, '/etc/systemd/system/db.service:5:22'],
    ['no ssh at all', 'ExecStart=/usr/bin/sshd -D', '/etc/systemd/system/db.service:1:1'],
  ])('is refused for %s, with line and column', (_title, service, at) => {
    expect(documents(service)).toEqual([expect.stringContaining(`${at} `)]);
  });

  test('keeps %% and $$ as what they stand for', () => {
    expect(documents('ExecStart=ssh -i /k/%%%%x -L 1:h:1 -l a$$b web')).toEqual([
      { name: 'db', document: { hops: [{ host: 'web', user: 'a$b', identity: '/k/%x' }], forwards: [{ local: 1, to: 'h:1' }] } },
    ]);
  });

  test('is known by what it says', () => {
    expect(isUnit('[Service]\nExecStart=x\n')).toBe(true);
    expect(isUnit('[[tunnels]]\nname = "x"\n')).toBe(false);
  });
});
