import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { DeadSession } from '../../../../src/model/binding.ts';
import type { SessionIdentity } from '../../../../src/model/session-record.ts';
import { evict } from '../../../../src/ssh/recovery/steps/evict.ts';
import { background } from '../../../support/child.ts';
import { isAlive } from '../../../support/proc.ts';
import { isRoot } from '../../../support/run.ts';
import type { SshdOptions } from '../../../support/sshd.ts';
import { makeUser } from '../../../support/users.ts';
import { localRemote } from '../../remote/local-remote.ts';
import {
  anotherServer,
  atEnd,
  bindOne,
  given,
  identityOf,
  isHeld,
  logIn,
  makePlace,
  makeRelay,
  proofOf,
  sshdWithHiddenProcesses,
  startOf,
} from './support.ts';

/** A session whose client stands still, with a port that it holds, and a new login of the same user. */
async function frozenSession(options: SshdOptions = {}) {
  const place = await makePlace(options);
  const relay = await makeRelay(place.sshd);
  const old = await logIn(place, { over: relay });
  const port = await bindOne(old);
  const identity = await identityOf(old);
  relay.freeze();
  return { place, port, identity, link: await logIn(place) };
}

describe.runIf(isRoot)('on a real sshd, as a user without rights', () => {
  test('the session of a frozen client is ended, and its port is free when the answer comes', async () => {
    const { port, identity, link } = await frozenSession();
    expect(await isHeld(port)).toBe(true);
    expect(await evict(link, proofOf(identity), given)).toBe('ended');
    expect(await link.tryListen({ host: '127.0.0.1', port })).toMatchObject({ address: { port } });
    expect(isAlive(identity.pid)).toBe(false);
  });

  test('a second eviction finds it gone', async () => {
    const { identity, link } = await frozenSession();
    await evict(link, proofOf(identity), given);
    expect(await evict(link, proofOf(identity), given)).toBe('gone');
  });

  test.each<[string, (real: SessionIdentity) => Partial<SessionIdentity>]>([
    ['another start time', ({ startTicks }) => ({ startTicks: startTicks! + 1 })],
    ['a start time in the future', () => ({ startTicks: Number.MAX_SAFE_INTEGER })],
    ['no start time though the server shows it', () => ({ startTicks: null })],
    ['another boot', () => ({ bootId: '00000000-0000-4000-8000-000000000000' })],
    ['a boot that no kernel writes', () => ({ bootId: '$(reboot)' })],
    ['a pid that is none', () => ({ pid: Number.NaN })],
    ['pid 1', () => ({ pid: 1, startTicks: startOf(1) })],
    ['the pid of every process', () => ({ pid: -1 })],
  ])('%s: nothing is signalled', async (_, wrong) => {
    const { port, identity, link } = await frozenSession();
    expect(await evict(link, proofOf({ ...identity, ...wrong(identity) }), given)).toBe('refused-by-guard');
    expect(isAlive(identity.pid)).toBe(true);
    expect(await isHeld(port)).toBe(true);
  });

  test('the session that asks is never ended', async () => {
    const { link } = await frozenSession();
    const own = await identityOf(link);
    expect(await evict(link, proofOf(own), given)).toBe('refused-by-guard');
    expect(isAlive(own.pid)).toBe(true);
  });

  test('where processes are hidden, a session whose start was never seen is ended, and no other', async () => {
    const { port, identity, link } = await frozenSession({ binary: sshdWithHiddenProcesses() });
    expect(await evict(link, proofOf(identity), given)).toBe('refused-by-guard');
    const own = await identityOf(link);
    expect(await evict(link, proofOf({ ...own, startTicks: null }), given)).toBe('refused-by-guard');
    expect([isAlive(identity.pid), isAlive(own.pid)]).toEqual([true, true]);
    expect(await evict(link, proofOf({ ...identity, startTicks: null }), given)).toBe('ended');
    expect([isAlive(identity.pid), isAlive(own.pid), await isHeld(port)]).toEqual([false, true, false]);
  });

  test("another user's session lives on", async () => {
    const place = await makePlace();
    const stranger = await makeUser();
    atEnd(() => stranger.remove());
    const other = await anotherServer(stranger, {});
    const theirs = await logIn(other);
    const identity = await identityOf(theirs);
    expect(await evict(await logIn(place), proofOf(identity), given)).toBe('not-permitted');
    expect(isAlive(identity.pid)).toBe(true);
  });

  test('a program of our own user that is no sshd lives on', async () => {
    const place = await makePlace();
    const { uid, gid } = place.user;
    const program = background('sleep', ['600'], { uid, gid });
    atEnd(() => program.stop('SIGKILL'));
    const link = await logIn(place);
    const { bootId } = await identityOf(link);
    expect(await evict(link, proofOf({ pid: program.pid, startTicks: startOf(program.pid), bootId }), given)).toBe('refused-by-guard');
    expect(isAlive(program.pid)).toBe(true);
  });

  test('root, who may signal all, ends neither the listener nor the session of a user', async () => {
    const place = await makePlace();
    const { bootId, ...users } = await identityOf(await logIn(place));
    place.sshd.authorize(readFileSync(`${place.keyPath}.pub`, 'utf8').trim(), { user: 'root' });
    const root = await logIn(place, { user: 'root' });
    const listener = place.sshd.pid();
    // Started by the tests, the listener's parent is no sshd, as init is none.
    expect(await evict(root, proofOf({ pid: listener, startTicks: startOf(listener), bootId }), given)).toBe('refused-by-guard');
    expect(await evict(root, proofOf({ ...users, bootId }), given)).toBe('not-permitted');
    expect([isAlive(listener), isAlive(users.pid)]).toEqual([true, true]);
  });

  test('a link that is lost meanwhile gives no answer, and an abort its reason', async () => {
    const { place, identity } = await frozenSession();
    const link = await logIn(place);
    link.abandon({ code: 'asked-down', facts: {} });
    expect(await evict(link, proofOf(identity), given)).toBe('no-answer');
    const reason = new Error('down');
    await expect(evict(link, proofOf(identity), { ...given, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(isAlive(identity.pid)).toBe(true);
  });
});

describe('what a server that lies can make of it', () => {
  const session = { pid: 2 ** 22 + 1, startTicks: 1, bootId: '00000000-0000-4000-8000-000000000000' } as DeadSession;
  const says = (lines: string) => {
    const remote = localRemote({ env: { LIES: lines } });
    return {
      exec: (command: string) => remote.exec(`f() { printf 'tunnels %s begin\\n%b\\ntunnels %s end\\n' "$3" "$LIES" "$3"; }; f ${command}`),
    };
  };
  test.each(['', 'ended\\ngone', 'ended ', 'constructor', 'no-answer'])('%j is no answer', async (lines) => {
    expect(await evict(says(lines), session, given)).toBe('no-answer');
  });
  test('a plain answer is taken', async () => {
    expect(await evict(says('gone'), session, given)).toBe('gone');
  });
});
