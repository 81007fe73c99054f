import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import { plainHost, tcpRows } from '../../../src/platform/proc-net.ts';
import { AccountMemory } from '../../../src/ssh/remote/account-memory.ts';
import { statIn } from '../../../src/ssh/remote/identity-by-files.ts';
import { keyOptionsIn } from '../../../src/ssh/remote/key-options.ts';

describe('/proc/PID/stat', () => {
  const stat = (comm: string, start: number | string) => `4711 (${comm}) S 4710 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 ${start} 9 9`;

  test('is read whatever the name of the program', () => {
    for (const comm of ['sshd', 'a b', ') S 1 (', 'x) (y'])
      expect(statIn(stat(comm, 88))).toEqual({ pid: 4711, comm, state: 'S', parent: 4710, start: 88 });
  });

  test('is not believed where it cannot be, and never makes the reader throw', () => {
    for (const text of [null, '', 'x', stat('sshd', -1), stat('sshd', '1e3'), stat('sshd', 88).replace('4711', '1')])
      expect(statIn(text)).toBe(null);
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => void statIn(`${a}(${b}) S 1`)));
  });
});

describe('/proc/net/tcp', () => {
  const row = (local: string, rest = '00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 5 1 0') =>
    `   0: ${local} ${rest}`;

  test('has addresses in the byte order of the machine', () => {
    const table = [row('0100007F:1538'), row('00000000000000000000000001000000:0050'), row('0000000000000000FFFF00000100007F:0051')].join(
      '\n',
    );
    expect(tcpRows(table).map(({ local }) => local)).toEqual([
      { host: '127.0.0.1', port: 0x1538 },
      { host: '::1', port: 80 },
      { host: '::ffff:127.0.0.1', port: 81 },
    ]);
  });

  test('one address has one spelling', () => {
    expect(['::ffff:10.0.0.1', '10.0.0.1', 'FE80::1%eth0', '0:0:0:0:0:0:0:1', 'x', ''].map(plainHost)).toEqual([
      '10.0.0.1',
      '10.0.0.1',
      'fe80::1',
      '::1',
      null,
      null,
    ]);
  });

  test('never makes the reader throw', () => {
    const field = fc.oneof(fc.string(), fc.stringMatching(/^[0-9A-F:]{0,40}$/));
    fc.assert(
      fc.property(fc.array(field, { maxLength: 14 }), (fields) => {
        for (const { local, uid } of tcpRows(fields.join(' '))) expect(local.port <= 65_535 && uid >= 0).toBe(true);
      }),
    );
  });
});

test('a key’s options are the last that sshd told', () => {
  const told = (words: string) => `/home/u/.ssh/authorized_keys:1: key options:${words}`;
  expect(keyOptionsIn([])).toBe(null);
  expect(keyOptionsIn(['something else', told(' command pty'), told(' agent-forwarding port-forwarding pty')])).toEqual([
    'agent-forwarding',
    'port-forwarding',
    'pty',
  ]);
  expect(keyOptionsIn([told('')])).toEqual([]);
});

describe('what is remembered of an account', () => {
  const key = { hostKey: 'SHA256:x', user: 'ann' };

  test('is told once for each change, and known again by the next run', () => {
    const kept: unknown[] = [];
    const memory = new AccountMemory({ clock: { now: () => 7 }, onChange: (all) => kept.push(structuredClone(all)) });
    memory.learn(key, { sftp: { is: 'yes' } });
    memory.learn(key, { sftp: { is: 'yes' } });
    memory.learn(key, { shell: { is: 'no', why: 'forced' } });
    expect(kept).toHaveLength(2);
    const later = new AccountMemory({ clock: systemClock, known: memory.all() });
    expect(later.of(key)).toEqual({ ...key, sftp: { is: 'yes' }, shell: { is: 'no', why: 'forced' }, learnedAt: 7 });
    expect(later.of({ ...key, user: 'bob' }).shell).toEqual({ is: 'unknown' });
  });

  test('is asked by one at a time', async () => {
    const memory = new AccountMemory({ clock: systemClock });
    const order: string[] = [];
    const ask = (name: string) =>
      memory.inTurn(key, async () => {
        order.push(`${name} begins`);
        await Promise.resolve();
        order.push(`${name} ends`);
        if (name === 'a') throw new Error('a fails');
      });
    await Promise.allSettled([ask('a'), ask('b')]);
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });
});
