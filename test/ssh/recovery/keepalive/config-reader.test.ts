import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../../src/ssh/recovery/keepalive/config-reader.ts';
import { listenerIn } from '../../../../src/ssh/recovery/keepalive/listener-title.ts';
import { directivesIn, timeIn } from '../../../../src/ssh/recovery/keepalive/sshd-config-text.ts';

const MAIN = '/etc/ssh/sshd_config';
const read = (files: Readonly<Record<string, string | readonly string[] | null>>, options: readonly string[] = []) =>
  readConfig(MAIN, {
    read: (pattern) => Promise.resolve(files[pattern] === undefined ? [] : files[pattern] === null ? null : [files[pattern]].flat()),
    options: directivesIn(options.join('\n')),
  });

describe('an sshd_config', () => {
  test('with a Match block is read without it, and says so; a Match for all counts', async () => {
    const text =
      'ClientAliveCountMax 5\nMatch Group admins Address 10.0.0.0/8\n  ClientAliveInterval 33\nMatch all\n  ClientAliveInterval 44\n';
    expect(await read({ [MAIN]: text })).toEqual({ intervalMs: 44_000, countMax: 5, conditional: true });
    expect(await read({ [MAIN]: 'Match User git\n  X11Forwarding no\n' })).toMatchObject({ intervalMs: 0, conditional: false });
  });

  test('whose Match includes a file does not take it for all', async () => {
    const files = { [MAIN]: 'Match User git\nInclude git.conf\n', '/etc/ssh/git.conf': 'Match all\nClientAliveInterval 5\n' };
    expect(await read(files)).toEqual({ intervalMs: 0, countMax: 3, conditional: true });
  });

  test('ends the Match block of an included file with that file', async () => {
    const files = { [MAIN]: 'Include a\nClientAliveInterval 8\n', '/etc/ssh/a': 'Match User git\nClientAliveInterval 5\n' };
    expect(await read(files)).toEqual({ intervalMs: 8_000, countMax: 3, conditional: true });
  });

  test('is weaker than the command line of its sshd', async () => {
    expect(await read({ [MAIN]: 'ClientAliveInterval 8\n' }, ['ClientAliveInterval=3'])).toMatchObject({ intervalMs: 3_000 });
  });

  test('that is not there, or includes itself without end, tells nothing', async () => {
    expect(await read({})).toBeNull();
    expect(await read({ [MAIN]: null })).toBeNull();
    expect(await read({ [MAIN]: `Include ${MAIN} ${MAIN}\nClientAliveInterval 8\n` })).toBeNull();
  });

  test('whose value is none is passed over', async () => {
    expect(await read({ [MAIN]: 'ClientAliveInterval soon\nClientAliveCountMax -1\nClientAliveCountMax\n' })).toMatchObject({
      intervalMs: 0,
      countMax: 3,
    });
  });
});

test.each([
  ['90', 90_000],
  ['1h30m', 5_400_000],
  ['1w2D', 777_600_000],
  ['0', 0],
  ['', null],
  ['m', null],
  ['5 m', null],
])('the time %j is %j ms', (text, expected) => {
  expect(timeIn(text)).toBe(expected);
});

test('quotes, blanks, an equals sign and comments are read as sshd does', () => {
  expect(directivesIn('  Include "/a b" /c#d # e\n#Match x\nPort=22\n\nMatch')).toEqual([
    { keyword: 'include', args: ['/a b', '/c#d'] },
    { keyword: 'port', args: ['22'] },
    { keyword: 'match', args: [] },
  ]);
});

test.each([
  ['sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups', { config: MAIN, binary: '/usr/sbin/sshd', options: [] }],
  [
    'sshd: /opt/sshd -De -f /a -p22 -o Port=2 [listener] 1 of 10-100 startups',
    { config: '/a', binary: '/opt/sshd', options: [{ keyword: 'port', args: ['2'] }] },
  ],
  ['sshd: sshd -Df/a [listener]', { config: '/a', binary: 'sshd', options: [] }],
  ['sshd: sshd -f relative [listener]', null],
  ['sshd: ann@notty', null],
  ['sshd: ann [priv]', null],
  ['bash -f [listener]', null],
])('the title %j is of a listener: %j', (title, expected) => {
  expect(listenerIn(title)).toEqual(expected);
});
