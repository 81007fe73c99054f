import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../../src/platform/clock.ts';
import { lookByShell, lookIn, ownProcessIn } from '../../../../src/ssh/recovery/evidence/look-by-shell.ts';
import type { EvidenceRequest } from '../../../../src/ssh/recovery/evidence/request.ts';
import { AccountMemory } from '../../../../src/ssh/remote/account-memory.ts';
import { tempDir } from '../../../support/temp-home.ts';
import { localRemote } from '../../remote/local-remote.ts';

const at = { suspect: null, marker: 'read' } as const;

/** This machine as a hop, by the shell that `sh` is there. */
function request(sh: string, listen: EvidenceRequest['listen']): { request: EvidenceRequest; given: Parameters<typeof lookByShell>[2] } {
  const remote = { ...localRemote({ sh }), hostKey: 'k', hop: { user: 'u' }, said: { all: ['f:1: key options: pty'] } };
  const accounts = new AccountMemory({ clock: systemClock });
  accounts.learn({ hostKey: 'k', user: 'u' }, { shell: { is: 'yes' } });
  return {
    request: { remote, listen } as unknown as EvidenceRequest,
    given: { accounts, clock: systemClock, signal: new AbortController().signal },
  };
}

const SHS = ['/bin/dash', '/bin/bash', '/bin/busybox'].filter(existsSync);
const isRoot = process.getuid?.() === 0;

describe.each(SHS)('a look by %s', (sh) => {
  test.each(['127.0.0.1', '::1', '::'])('shows the listener on %s, its connections, and our own program', async (host) => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { request: about, given } = request(sh, { host, port });
    const seen = await lookByShell(about, at, given);
    server.close();
    expect(seen).toMatchObject({
      uid: process.getuid?.(),
      rows: [{ host, state: 'LISTEN', uid: process.getuid?.() }],
      nowTicks: expect.any(Number),
      userName: null,
    });
    expect(seen?.ownProcess).toEqual({ pid: process.pid, command: expect.any(String) });
  });

  test('shows no rows where there is nobody, and knows that it looked', async () => {
    const { request: about, given } = request(sh, { host: '127.0.0.1', port: 1 });
    expect(await lookByShell(about, at, given)).toMatchObject({ rows: [], ownProcess: null, marker: null });
  });

  test('shows who listens at a path', async () => {
    const path = join(tempDir(), `it's "one" $x`);
    const server = createServer().listen(path);
    await once(server, 'listening');
    const { request: about, given } = request(sh, { path });
    const seen = await lookByShell(about, at, given);
    server.close();
    expect(seen).toMatchObject({ rows: null, file: { kind: 'socket', uid: process.getuid?.() }, ownProcess: { pid: process.pid } });
  });

  test.runIf(isRoot)('knows a process by boot, pid and start', async () => {
    const listen = { host: '127.0.0.1', port: 1 };
    const { request: about, given } = request(sh, listen);
    const { bootId } = (await lookByShell(about, at, given))!;
    const suspect = { bootId: bootId!, pid: process.pid, startTicks: 1, client: null };
    // It is no sshd.
    expect(await lookByShell(about, { suspect, marker: 'skip' }, given)).toMatchObject({ process: 'reused' });
    expect(await lookByShell(about, { suspect: { ...suspect, pid: 4_194_000 }, marker: 'skip' }, given)).toMatchObject({ process: 'gone' });
    expect(await lookByShell(about, { suspect: { ...suspect, bootId: '-' }, marker: 'skip' }, given)).toMatchObject({
      process: 'rebooted',
    });
  });
});

describe('what a script printed', () => {
  const listen = { host: '127.0.0.1', port: 0x1538 };
  const suspect = { bootId: 'b', pid: 5, startTicks: 7, client: { host: '10.0.0.2', port: 0xcf34 } };
  const LINES = [
    'uid 1001',
    'boot 8d5c3c0e-0c3c-4b3e-9d3f-0123456789ab',
    'shell 4712 88012',
    'server 4710 sshd 88001 yes',
    'process same',
    'here 10.0.0.3 53045 10.0.0.1 22',
    'connection 4: 0100000A:0016 0200000A:CF34 01 00000054:00000000 01:00000010 00000003     0        0 99 3 0000 0',
    'table tcp',
    'row 0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 12345 1 0000 100 0 0 10 0',
    'ss LISTEN 0 128 127.0.0.1:5432 0.0.0.0:* users:(("a"b",pid=77,fd=3)) uid:1001 ino:12345 sk:1 cgroup:/x/session-787.scope <->',
    'scope session-787.scope 4710 88001',
    'range 32768 60999',
  ];

  test('is read', () => {
    expect(lookIn(LINES, listen, suspect)).toMatchObject({
      uid: 1001,
      ownPid: 4710,
      nowTicks: 88_012,
      process: 'same',
      rows: [{ host: '127.0.0.1', state: 'LISTEN', uid: 1001, inode: 12_345 }],
      ownProcess: { pid: 77, command: 'a"b' },
      scope: { id: 'session-787.scope', leader: 4710, startTicks: 88_001 },
      userName: null,
      ephemeral: { low: 32_768, high: 60_999 },
      connection: { unsent: 0x54, retransmits: 3, remote: { host: '10.0.0.2', port: 0xcf34 } },
    });
  });

  test('names the user whose listener is in the way, and no other', () => {
    const row = (host: string, uid: number) =>
      `row 0: ${host}:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000  ${uid}        0 12345 1 0000 100 0 0 10 0`;
    const rows = ['uid 1001', 'table tcp', row('0100007F', 1002), row('0200007F', 1003), row('0300007F', 0)];
    const named = (...names: string[]) => lookIn([...rows, ...names], listen, null).userName;
    expect(named('name 1003 carol', 'name 0 root', 'name 1002 bob')).toBe('bob');
    // Of a uid without a name, as of a container's users.
    expect(named('name 1002 ', 'name 1003 carol', 'name 0 root')).toBe(null);
  });

  test('names the owner of the file at the path', () => {
    expect(lookIn(['uid 1001', 'file other 1002', 'name 1002 bob'], { path: '/x' }, null).userName).toBe('bob');
    expect(lookIn(['uid 1001', 'file other 1002', 'name 1003 carol'], { path: '/x' }, null).userName).toBe(null);
  });

  test('a missing connection is gone only where our own is in the table', () => {
    const other = { ...suspect, client: { host: '10.0.0.9', port: 0xcf34 } };
    expect(lookIn(LINES, listen, other).connection).toBe('unknown');
    const own = 'connection 5: 0100000A:0016 0300000A:CF35 01 00000000:00000000 02:00000010 00000000     0        0 98 3 0000 0';
    expect(lookIn([...LINES, own], listen, other).connection).toBe('gone');
    expect(lookIn([...LINES, own], listen, { ...suspect, client: null }).connection).toBe('unknown');
  });

  test('two sessions in one scope, or two scopes, say nothing of who listens', () => {
    expect(lookIn([...LINES, 'scope session-787.scope 4799 88001'], listen, suspect).scope).toBe(null);
    expect(lookIn([...LINES, 'scope session-787.scope 4710 88001'], listen, suspect).scope).not.toBe(null);
  });

  test('sshd itself is no program of ours', () => {
    expect(ownProcessIn(['LISTEN users:(("sshd",pid=5,fd=3))', 'LISTEN users:(("node",pid=6,fd=3))'])).toEqual({ pid: 6, command: 'node' });
  });

  test('is never believed beyond what can be, and never makes the reader throw', () => {
    const word = fc.constantFrom(
      'uid',
      'boot',
      'shell',
      'server',
      'process',
      'here',
      'connection',
      'table',
      'row',
      'ss',
      'scope',
      'name',
      'file',
    );
    const line = fc.oneof(
      fc.constantFrom(...LINES),
      fc.string(),
      fc.tuple(word, fc.oneof(fc.string(), fc.integer().map(String))).map((pair) => pair.join(' ')),
    );
    fc.assert(
      fc.property(fc.array(line), fc.boolean(), (lines, unix) => {
        const seen = lookIn(lines, unix ? { path: '/x' } : listen, suspect);
        expect(seen.uid === null || (Number.isSafeInteger(seen.uid) && seen.uid >= 0)).toBe(true);
        expect(seen.ownPid === null || seen.ownPid > 1).toBe(true);
        expect(seen.scope === null || seen.scope.leader > 1).toBe(true);
      }),
    );
  });
});
