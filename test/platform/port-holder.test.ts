import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandIn, describeHolder, holderInLsof, holderOf } from '../../src/platform/port-holder.ts';
import { listenersOnPath, listenersOnPort } from '../../src/platform/proc-net.ts';
import { tempDir } from '../support/temp-home.ts';

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   999        0 12345 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1538 0100007F:D431 01 00000000:00000000 00:00000000 00000000   999        0 12346 1 0000000000000000 20 4 30 10 -1
`;

describe('the tables of the kernel', () => {
  test('give the listening rows of a port, not its connections', () => {
    expect(listenersOnPort(TCP, 5432)).toEqual([{ inode: '12345', uid: 999 }]);
    expect(listenersOnPort(TCP, 0xd431)).toEqual([]);
  });

  test('never make the reader throw, whatever is in them', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(...TCP.split('\n')),
      fc.array(fc.stringMatching(/^[0-9A-F:]{0,40}$/)).map((f) => f.join(' ')),
    );
    fc.assert(
      fc.property(fc.array(line), fc.nat(65535), (lines, port) => {
        const table = lines.join('\n');
        for (const row of listenersOnPort(table, port)) expect(row.inode).toMatch(/^\d+$/);
        expect(listenersOnPath(table, '/run/x')).toEqual([]);
      }),
    );
  });

  test('give who listens at a path, blanks in it and all', () => {
    const table =
      '0000000000000000: 00000002 00000000 00010000 0001 01 777 /run/a b\n0000000000000000: 00000003 00000000 00000000 0001 03 778 /run/a b\n';
    expect(listenersOnPath(table, '/run/a b')).toEqual(['777']);
    expect(listenersOnPath(table, '/run/a')).toEqual([]);
  });
});

describe('who holds an address', () => {
  test('is found by port and by path, and is nobody once it is free', async () => {
    for (const options of [{ port: 0, host: '127.0.0.1' }, { port: 0, host: '::1' }, { path: join(tempDir(), 's') }]) {
      const server = createServer().listen(options);
      await once(server, 'listening');
      const address = server.address();
      const where = typeof address === 'string' ? address : (address?.port ?? 0);
      expect(await holderOf(where)).toMatchObject({ pid: process.pid });
      server.close();
      expect(await holderOf(where)).toBeNull();
    }
  });

  test('is named by program and never by its arguments', () => {
    expect(commandIn('/usr/lib/postgresql/bin/postgres\0-D\0/secret\0')).toBe('postgres');
    expect(commandIn('sshd: /usr/sbin/sshd -D [listener]\0')).toBe('sshd');
    expect(commandIn('psql --password=secret')).toBe('psql');
    expect(commandIn('')).toBeNull();
  });

  test('is told in words with what is known', () => {
    expect(describeHolder({ pid: 1, command: 'init', uid: 0 })).toBe('pid 1 (init)');
    expect(describeHolder({ pid: null, command: null, uid: 1001 })).toBe('another program (its owner is uid 1001)');
    expect(describeHolder({ pid: process.pid, command: 'node', uid: 0 })).toContain('another tunnel of yours');
    expect(describeHolder(null)).toBe('another program');
  });

  test('is read from lsof where there is no /proc', () => {
    expect(holderInLsof('p123\ncpostgres\nu501\nf7\n')).toEqual({ pid: 123, command: 'postgres', uid: 501 });
    expect(holderInLsof('')).toBeNull();
  });
});
