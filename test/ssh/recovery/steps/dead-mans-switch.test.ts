import { describe, expect, test } from 'vitest';
import { armDeadMansSwitch } from '../../../../src/ssh/recovery/steps/dead-mans-switch.ts';
import { runScript } from '../../../../src/ssh/remote/run-script.ts';
import type { LiveLink } from '../../../../src/ssh/session/live-link.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { makeNetwork } from '../../../support/namespaces.ts';
import { commandOf, isAlive, processesOfUser } from '../../../support/proc.ts';
import { isRoot } from '../../../support/run.ts';
import { until } from '../../../support/until.ts';
import { localRemote } from '../../remote/local-remote.ts';
import {
  atEnd,
  bindOne,
  freed,
  given,
  identityOf,
  isHeld,
  logIn,
  makePlace,
  makeRelay,
  type Place,
  programsFirst,
  sshdWithHiddenProcesses,
} from './support.ts';

const arm = async (link: LiveLink, { seconds = 2, signal = given.signal } = {}) =>
  await armDeadMansSwitch(link, { seconds, identity: await identityOf(link), clock: given.clock, signal });

/** What a user's sessions run besides sshd. */
const programsOf = ({ user }: Place): string[] =>
  processesOfUser(user.uid)
    .filter(isAlive)
    .map(commandOf)
    .filter((command) => !command.startsWith('sshd'));

const nothingLeft = (place: Place): Promise<unknown> => until(() => programsOf(place).length === 0, { what: 'the programs to end' });

/** Lets the server count some seconds. */
const serverWaits = (link: LiveLink, seconds: number) =>
  runScript(link, `sleep ${seconds}; echo waited`, { args: [], ...given, deadlineMs: 30_000 });

const waited = { ok: true, lines: ['waited'] };

describe.runIf(isRoot)("a dead-man's switch on a real sshd, as a user without rights", () => {
  test.each([
    ['/bin/sh', 'dash'],
    ['/bin/bash', 'bash'],
    ['/bin/dash', 'busybox'],
    ['/bin/rbash', 'bash'],
    ['/usr/bin/tcsh', 'dash'],
    ['/usr/bin/fish', 'busybox'],
  ])('frees the port of a frozen client, account with %s where sh is %s', async (shell, sh) => {
    const busybox = sh === 'busybox' ? { timeout: '/bin/busybox' } : {};
    const place = await makePlace({ shell, config: [programsFirst({ sh: `/bin/${sh}`, ...busybox })] });
    const relay = await makeRelay(place.sshd);
    const link = await logIn(place, { over: relay });
    expect(await arm(link)).not.toBeNull();
    const port = await bindOne(link);
    expect(await isHeld(port)).toBe(true);
    relay.freeze();
    await freed(port);
    await until(() => place.sshd.sessions().length === 0, { what: 'the session to end' });
    await nothingLeft(place);
  });

  test('frees the port behind a network that was cut, while the cut lasts', async () => {
    const network = await makeNetwork();
    atEnd(() => network.dispose());
    const place = await makePlace({ netns: network.names.server, listen: network.addresses.server });
    const relay = await makeRelay(place.sshd, { netns: network.names.client });
    const link = await logIn(place, { over: relay });
    const port = await bindOne(link);
    expect(await arm(link)).not.toBeNull();
    const rows = async () => (await network.exec('server', ['ss', '-ltnH', `sport = :${port}`])).stdout;
    expect(await rows()).toContain(`:${port}`);
    await network.cut();
    await until(async () => (await rows()) === '', { what: 'the port to be free' });
    await nothingLeft(place);
  });

  test('keeps a session whose heartbeats come, and one that was disarmed; no program is left of that', async () => {
    const place = await makePlace();
    const [link, watcher] = [await logIn(place), await logIn(place)];
    const port = await bindOne(link);
    const made = await arm(link);
    expect(await serverWaits(watcher, 5)).toEqual(waited);
    expect(await isHeld(port)).toBe(true);
    await made!.disarm();
    await made!.ended;
    await nothingLeft(place);
    expect(await serverWaits(watcher, 3)).toEqual(waited);
    expect(await isHeld(port)).toBe(true);
    expect((await runScript(link, 'echo here', { args: [], ...given })).ok).toBe(true);
  });

  test('keeps a session whose heartbeats are late behind other data, until that ends too', async () => {
    const place = await makePlace();
    const link = await logIn(place);
    const port = await bindOne(link);
    // A clock that stands still sends no heartbeat but the first.
    // Each wait is shorter than its patience, also on a busy machine, and all of them together are longer.
    expect(
      await armDeadMansSwitch(link, { seconds: 4, identity: await identityOf(link), clock: fakeClock(), signal: given.signal }),
    ).not.toBeNull();
    for (let i = 0; i < 5; i++) expect(await serverWaits(link, 1)).toEqual(waited);
    expect(await isHeld(port)).toBe(true);
    await freed(port);
  });

  test.each([
    ['our end is gone', (_: Place, link: LiveLink) => link.abandon({ code: 'asked-down', facts: {} })?.dismiss()],
    ['the link is closed in order', (_: Place, link: LiveLink) => link.close(5_000)],
    ['the server ends the session', ({ sshd }: Place) => sshd.killSession()],
  ])('ends itself when %s, and leaves no program', async (_, end) => {
    const place = await makePlace();
    const link = await logIn(place);
    const made = await arm(link, { seconds: 600 });
    expect(programsOf(place)).not.toEqual([]);
    await end(place, link);
    await made!.ended;
    await nothingLeft(place);
  });

  test('an abort takes it back, armed or not yet, and the session lives on', async () => {
    const place = await makePlace();
    const link = await logIn(place);
    const after = new AbortController();
    const made = await arm(link, { signal: after.signal });
    after.abort();
    await made!.ended;
    const before = new AbortController();
    const reason = new Error('down');
    const arming = armDeadMansSwitch(link, { ...given, seconds: 2, identity: await identityOf(link), signal: before.signal });
    before.abort(reason);
    await expect(arming).rejects.toBe(reason);
    await nothingLeft(place);
    expect(await serverWaits(await logIn(place), 3)).toEqual(waited);
    expect((await runScript(link, 'echo here', { args: [], ...given })).ok).toBe(true);
  });

  test('works where processes are hidden', async () => {
    const place = await makePlace({ binary: sshdWithHiddenProcesses() });
    const relay = await makeRelay(place.sshd);
    const link = await logIn(place, { over: relay });
    const identity = { ...(await identityOf(link)), startTicks: null };
    expect(await armDeadMansSwitch(link, { ...given, seconds: 2, identity })).not.toBeNull();
    const port = await bindOne(link);
    relay.freeze();
    await freed(port);
    await nothingLeft(place);
  });

  test('is given up where the server is too slow to arm it, and does not go off later', async () => {
    const place = await makePlace();
    const link = await logIn(place);
    const identity = await identityOf(link);
    const clock = fakeClock();
    place.sshd.freeze();
    const arming = armDeadMansSwitch(link, { seconds: 2, identity, clock, signal: given.signal });
    await clock.advance(3_000);
    expect(await arming).toBeNull();
    place.sshd.thaw();
    expect(await serverWaits(link, 1)).toEqual(waited);
    expect(await serverWaits(await logIn(place), 3)).toEqual(waited);
    await nothingLeft(place);
    expect(isAlive(identity.pid)).toBe(true);
  });

  test('is not armed against a session that is not the one it runs in', async () => {
    const place = await makePlace();
    const [link, other] = [await logIn(place), await logIn(place)];
    const [own, theirs] = [await identityOf(link), await identityOf(other)];
    const wrong = [theirs, { ...own, startTicks: own.startTicks! + 1 }, { ...own, startTicks: null }, { ...own, bootId: 'nonsense' }];
    for (const identity of wrong) expect(await armDeadMansSwitch(link, { ...given, seconds: 2, identity })).toBeNull();
    await nothingLeft(place);
    expect([isAlive(own.pid), isAlive(theirs.pid)]).toEqual([true, true]);
  });

  test('is not to be had without a shell', async () => {
    const place = await makePlace({ shell: '/usr/sbin/nologin' });
    const link = await logIn(place);
    const identity = { pid: process.pid, startTicks: 1, bootId: '00000000-0000-4000-8000-000000000000', killable: true };
    expect(await armDeadMansSwitch(link, { ...given, seconds: 2, identity })).toBeNull();
  });
});

test('nothing is run for a session that we may not signal', async () => {
  const remote = localRemote();
  const identity = { pid: 4711, startTicks: 1, bootId: '00000000-0000-4000-8000-000000000000', killable: false };
  expect(await armDeadMansSwitch(remote, { ...given, seconds: 2, identity })).toBeNull();
  expect(remote.commands).toEqual([]);
});
