import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { judgeBinding } from '../../../../src/decide/judge-binding.ts';
import type { Address } from '../../../../src/model/address.ts';
import type { SessionIdentity, SessionRecord } from '../../../../src/model/session-record.ts';
import { gatherEvidence, type EvidenceRequest } from '../../../../src/ssh/recovery/evidence/gather-evidence.ts';
import { markerOf, writeMarker } from '../../../../src/ssh/recovery/evidence/owner-marker.ts';
import { identifySession } from '../../../../src/ssh/remote/identify-session.ts';
import type { LiveLink } from '../../../../src/ssh/session/live-link.ts';
import { freePort } from '../../../support/free-port.ts';
import { until } from '../../../support/until.ts';
import { isRoot } from '../../../support/run.ts';
import { anAccount, atEnd, given, loginThrough, startOf, type TestAccount, userChild } from '../../remote/accounts.ts';
import { makeNetwork, type Network } from '../../../support/namespaces.ts';

const loopback = async (): Promise<Address> => ({ host: '127.0.0.1', port: await freePort() });

/** A session that holds a binding whose target says nothing, and what was noted of it. */
async function holder(link: LiveLink, listen: Address): Promise<SessionIdentity> {
  const identity = (await identifySession(link, given()))!;
  await link.listen(listen, () => {});
  return identity;
}

const recordOf = (identity: SessionIdentity, over: Partial<SessionRecord> = {}): SessionRecord =>
  ({
    ...identity,
    hostKey: '',
    user: '',
    bindings: [],
    tunnels: [],
    owner: 'me',
    madeAt: 0,
    declaredDead: true,
    diedAt: null,
    ...over,
  }) as SessionRecord;

const about = (remote: LiveLink, listen: Address, over: Partial<EvidenceRequest> = {}): EvidenceRequest => ({
  remote,
  listen,
  said: [],
  record: null,
  heldBefore: null,
  ownPid: null,
  usedByLiveLink: false,
  heardBy: null,
  mayPoke: true,
  takeOver: false,
  ...over,
});

describe.runIf(isRoot)('a session of ours that was given up and is still there', () => {
  test('is proven by one exec, with no connection made to the binding', async () => {
    const account = await anAccount();
    const [old, fresh] = [await account.login(), await account.login()];
    const listen = await loopback();
    const offers: unknown[] = [];
    const identity = (await identifySession(old, given()))!;
    await old.listen(listen, (offer) => offers.push(offer));
    const known = given();
    const own = await identifySession(fresh, known);
    const from = account.sshd.log().length;
    const evidence = await gatherEvidence(about(fresh, listen, { record: recordOf(identity) }), known);
    expect(evidence).toMatchObject({
      probe: 'not-tried',
      process: 'same',
      uid: account.uid,
      ownPid: own?.pid,
      recorded: { source: 'record' },
    });
    expect(judgeBinding(evidence)).toMatchObject({ is: 'ours-stale', session: { pid: identity.pid, startTicks: identity.startTicks } });
    expect(offers).toEqual([]);
    expect(
      account.sshd
        .log()
        .slice(from)
        .match(/Starting session/g),
    ).toHaveLength(1);
  });

  test.each([
    ['reused', (record: SessionRecord) => ({ ...record, startTicks: (record.startTicks ?? 0) - 1 })],
    ['reused', (record: SessionRecord) => ({ ...record, pid: process.pid })],
    ['gone', (record: SessionRecord) => ({ ...record, pid: 4_000_000 })],
    ['rebooted', (record: SessionRecord) => ({ ...record, bootId: '8d5c3c0e-0c3c-4b3e-9d3f-0123456789ab' })],
  ])('is %s when its notes do not fit, and nothing is proven', async (is, change) => {
    const account = await anAccount();
    const [old, fresh] = [await account.login(), await account.login()];
    const listen = await loopback();
    const record = change(recordOf(await holder(old, listen)));
    const evidence = await gatherEvidence(about(fresh, listen, { record }), given());
    expect(evidence.process).toBe(is);
    const verdict = judgeBinding(evidence);
    expect(verdict.is === 'ours-stale' ? verdict.session : null).toBe(null);
  });
});

describe.runIf(isRoot)('what else holds a port', () => {
  let account: TestAccount;
  let link: LiveLink;
  beforeAll(async () => {
    account = await anAccount();
    link = await account.login();
  });
  const listener = async (port: number, as: { uid: number; gid: number }) => {
    const { uid, gid } = as;
    const child = spawn(
      process.execPath,
      ['-e', `require('net').createServer(() => {}).listen(${port}, '127.0.0.1', () => console.log('up'))`],
      { uid, gid },
    );
    atEnd(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    return child.pid!;
  };

  test('a program of ours is named', async () => {
    const listen = await loopback();
    const pid = await listener((listen as { port: number }).port, account);
    const evidence = await gatherEvidence(about(link, listen), given());
    expect(evidence).toMatchObject({ ownProcess: { pid, command: expect.any(String) }, probe: 'silent' });
    expect(judgeBinding(evidence)).toMatchObject({ is: 'someone-else', holder: { kind: 'own-process', pid } });
  });

  test('another user is named', async () => {
    const other = await anAccount();
    const listen = await loopback();
    await listener((listen as { port: number }).port, other);
    const evidence = await gatherEvidence(about(link, listen, { mayPoke: false }), given());
    expect(evidence).toMatchObject({ ownProcess: null, userName: other.sshd.user, probe: 'not-tried' });
    expect(judgeBinding(evidence)).toMatchObject({ is: 'someone-else', holder: { kind: 'user', uid: other.uid, name: other.sshd.user } });
  });

  test('nobody: it is free, or the address is none', async () => {
    expect(judgeBinding(await gatherEvidence(about(link, await loopback()), given()))).toEqual({ is: 'free', why: 'freed' });
    const privileged = await gatherEvidence(about(link, { host: '127.0.0.1', port: 81 }), given());
    expect(judgeBinding(privileged)).toMatchObject({ is: 'not-allowed', why: 'privileged-port' });
  });

  test('a session that ended after the table was read and before the probe: it is free', async () => {
    const listen = await loopback();
    const [old, fresh] = [await account.login(), await account.login()];
    const { pid } = await holder(old, listen);
    const openRaw = fresh.openRaw.bind(fresh);
    vi.spyOn(fresh, 'openRaw').mockImplementationOnce(async (address) => {
      process.kill(pid, 'SIGKILL');
      await until(() => !existsSync(`/proc/${pid}`), { what: 'the session to end' });
      return openRaw(address);
    });
    const evidence = await gatherEvidence(about(fresh, listen), given());
    expect(evidence).toMatchObject({ probe: 'nothing-listens', rows: [] });
    expect(judgeBinding(evidence)).toEqual({ is: 'free', why: 'freed' });
  });

  test('what the server has said is enough', async () => {
    const from = account.sshd.log().length;
    const evidence = await gatherEvidence(about(link, await loopback(), { said: ['Server has disabled port forwarding.'] }), given());
    expect(evidence.said).toEqual(['forwarding-disabled']);
    expect(account.sshd.log().slice(from)).toBe('');
  });

  test('a dead socket file of ours, which nobody removes', async () => {
    const path = `${account.home}/it's a socket`;
    const old = await account.login();
    const binding = await old.listen({ path }, () => {});
    const live = await gatherEvidence(about(link, { path }), given());
    expect(live).toMatchObject({ file: { kind: 'socket', uid: account.uid }, probe: 'silent' });
    await binding.close();
    const evidence = await gatherEvidence(about(link, { path }), given());
    expect(judgeBinding(evidence)).toMatchObject({ is: 'ours-stale', file: { path }, session: null });
    for (const [at, kind] of [
      ['/etc/passwd', 'other'],
      ['/nowhere/at/all', 'no-directory'],
      ['/tmp/not-there', 'missing'],
      [`${account.home}/x`, 'missing'],
    ] as const)
      expect(await gatherEvidence(about(link, { path: at }), given())).toMatchObject({ file: { kind } });
  });
});

describe.runIf(isRoot)('over a network that goes silent', () => {
  let network: Network;
  let account: TestAccount;
  beforeAll(async () => {
    network = await makeNetwork();
    account = await anAccount({ sshd: { netns: network.names.server, listen: network.addresses.server } });
  });
  afterAll(() => network.dispose());
  const port = (identity: SessionIdentity) => ({ clientPort: identity.client.port });
  const marked = async (link: LiveLink, listen: Address): Promise<SessionIdentity> => {
    const identity = await holder(link, listen);
    expect(await writeMarker(link, { listen, marker: markerOf(identity, { owner: 'other', tunnel: 't', madeAt: 1 }) }, given())).toBe(true);
    return identity;
  };

  test('a predecessor that left its marker is seen dead by what it does not answer', async () => {
    const listen = await loopback();
    const [old, fresh] = [await loginThrough(network, account), await loginThrough(network, account)];
    const identity = await marked(old, listen);
    await network.dropFlow(port(identity));
    const evidence = await gatherEvidence(about(fresh, listen), given());
    expect(evidence).toMatchObject({
      probe: 'silent',
      process: 'same',
      connection: 'silent',
      recorded: { source: 'marker', declaredDead: false },
    });
    expect(judgeBinding(evidence)).toMatchObject({ is: 'ours-stale', session: { pid: identity.pid } });
  });

  test('one that is alive answers, and is left alone', async () => {
    const listen = await loopback();
    const [old, fresh] = [await loginThrough(network, account), await loginThrough(network, account)];
    const { pid } = await marked(old, listen);
    const evidence = await gatherEvidence(about(fresh, listen), given());
    expect(evidence).toMatchObject({ connection: 'answers', recorded: { source: 'marker' } });
    expect(judgeBinding(evidence)).toMatchObject({ is: 'ours-live', where: 'elsewhere', session: { pid }, takeOver: null });
  });

  test('the poke of a client that is back without its socket frees the binding', async () => {
    const listen = await loopback();
    const [old, fresh] = [await loginThrough(network, account), await loginThrough(network, account)];
    const identity = await marked(old, listen);
    await network.dropFlow(port(identity));
    old.abandon({ code: 'link-closed', facts: { host: '' } });
    await until(
      async () =>
        (await network.exec('client', ['ss', '-Htn', `sport = :${identity.client.port}`])).stdout.trim() === '' ||
        killOrphan(network, identity.client.port),
      { what: 'the socket to go' },
    );
    await network.restore();
    const evidence = await gatherEvidence(about(fresh, listen), given());
    expect(judgeBinding(evidence)).toEqual({ is: 'free', why: 'freed' });
  });
});

/** ss(8) -K: the kernel forgets the socket; its reset is dropped with the rest. */
async function killOrphan(network: Network, port: number): Promise<boolean> {
  await network.exec('client', ['ss', '-K', '-tn', `sport = :${port}`]);
  return false;
}

describe.runIf(isRoot)('without a shell', () => {
  test('SFTP shows the listener and that its session is the one we noted', async () => {
    const account = await anAccount({ shell: '/usr/sbin/nologin' });
    const [old, fresh] = [await account.login(), await account.login()];
    const listen = await loopback();
    const identity = await holder(old, listen);
    const evidence = await gatherEvidence(about(fresh, listen, { record: recordOf(identity) }), given());
    expect(evidence).toMatchObject({
      uid: account.uid,
      process: 'same',
      probe: 'not-tried',
      rows: [{ state: 'LISTEN', uid: account.uid }],
    });
    const [path, other] = [`${account.home}/s`, `${account.home}/none/s`];
    await old.listen({ path }, () => {});
    expect(await gatherEvidence(about(fresh, { path }), given())).toMatchObject({ file: { kind: 'socket', uid: account.uid } });
    expect(await gatherEvidence(about(fresh, { path: other }), given())).toMatchObject({ file: { kind: 'no-directory' } });
  });

  test('and without SFTP, one probe is all there is', async () => {
    const account = await anAccount({ config: ['MaxSessions 0'] });
    const [old, fresh] = [await account.login(), await account.login()];
    const listen = await loopback();
    const offers: unknown[] = [];
    await old.listen(listen, (offer) => offers.push(offer));
    const evidence = await gatherEvidence(about(fresh, listen), given());
    expect(evidence).toMatchObject({ uid: null, rows: null, probe: 'silent', process: 'unknown', connection: 'unknown' });
    expect(offers).toHaveLength(1);
    expect(judgeBinding(evidence)).toEqual({ is: 'cannot-tell' });
    const pid = await userChild(account);
    const record = recordOf({
      uid: account.uid,
      pid,
      comm: 'sshd',
      startTicks: startOf(pid),
      bootId: '8d5c3c0e-0c3c-4b3e-9d3f-0123456789ab',
      client: { host: '127.0.0.1', port: 5 },
      scope: null,
      killable: true,
    });
    expect(judgeBinding(await gatherEvidence(about(fresh, listen, { record }), given()))).toEqual({
      is: 'ours-stale',
      session: null,
      file: null,
    });
  });
});
