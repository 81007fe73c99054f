import { chmodSync, chownSync, existsSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DeadSocketFile } from '../../../../src/model/binding.ts';
import { systemClock } from '../../../../src/platform/clock.ts';
import { unlinkSocket } from '../../../../src/ssh/recovery/steps/unlink-socket.ts';
import { AccountMemory } from '../../../../src/ssh/remote/account-memory.ts';
import { isRoot } from '../../../support/run.ts';
import { tempDir } from '../../../support/temp-home.ts';
import { atEnd, given, logIn, makePlace, type Place } from './support.ts';

const proofOf = (path: string): DeadSocketFile => ({ path }) as DeadSocketFile;
const accounts = () => new AccountMemory({ clock: systemClock });

/** A listener of another process at a path, made over to a user. */
async function socketOf(path: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  const server = createServer().listen(path);
  await once(server, 'listening');
  atEnd(() => server.close());
  chownSync(path, uid, gid);
}

const lookedUp = ({ user }: Place) => ({ ...given, accounts: accounts(), uid: user.uid });

describe.runIf(isRoot).each([
  ['a shell', '/bin/sh'],
  ['SFTP alone', '/usr/sbin/nologin'],
])('with %s', (_, shell) => {
  test('the dead file of a forward is unlinked, and the path can be bound again', async () => {
    const place = await makePlace({ shell });
    const path = join(place.user.home, "it's a socket");
    const old = await logIn(place);
    await old.tryListen({ path });
    await old.close(5_000);
    const link = await logIn(place);
    await expect(link.tryListen({ path })).rejects.toMatchObject({ problem: { code: 'binding-refused' } });
    expect(await unlinkSocket(link, proofOf(path), lookedUp(place))).toBe('unlinked');
    expect(await link.tryListen({ path })).toMatchObject({ address: { path } });
    unlinkSync(path);
    expect(await unlinkSocket(link, proofOf(path), lookedUp(place))).toBe('gone');
  });

  test("another user's socket, a link to our own and a plain file stay", async () => {
    const place = await makePlace({ shell });
    const link = await logIn(place);
    const { home, uid, gid } = place.user;
    const [foreign, ours, linked, plain] = ['foreign', 'ours', 'linked', 'plain'].map((name) => join(home, name)) as [
      string,
      string,
      string,
      string,
    ];
    await socketOf(foreign, { uid: 0, gid: 0 });
    await socketOf(ours, { uid, gid });
    symlinkSync(ours, linked);
    writeFileSync(plain, 'text');
    chownSync(plain, uid, gid);
    for (const path of [foreign, linked, plain, 'ours'])
      expect(await unlinkSocket(link, proofOf(path), lookedUp(place))).toBe('refused-by-guard');
    expect([foreign, ours, linked, plain].every((path) => existsSync(path))).toBe(true);
  });

  test('a socket of ours in a folder that is not, stays', async () => {
    const place = await makePlace({ shell });
    const folder = tempDir();
    chmodSync(folder, 0o755);
    const path = join(folder, 's');
    await socketOf(path, place.user);
    expect(await unlinkSocket(await logIn(place), proofOf(path), lookedUp(place))).toBe('not-permitted');
    expect(existsSync(path)).toBe(true);
  });
});

describe.runIf(isRoot)('with nothing', () => {
  test('there is no answer, and the file stays', async () => {
    const place = await makePlace({ shell: '/usr/sbin/nologin' });
    const link = await logIn(place);
    const path = join(place.user.home, 's');
    await socketOf(path, place.user);
    expect(await unlinkSocket(link, proofOf(path), { ...lookedUp(place), uid: null })).toBe('no-answer');
    link.abandon({ code: 'asked-down', facts: {} });
    expect(await unlinkSocket(link, proofOf(path), lookedUp(place))).toBe('no-answer');
    expect(existsSync(path)).toBe(true);
  });
});
