import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { afterAll } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import { AccountMemory } from '../../../src/ssh/remote/account-memory.ts';
import type { Carrier } from '../../../src/ssh/session/carrier.ts';
import type { Network } from '../../support/namespaces.ts';
import { createAuthHandler } from '../../../src/ssh/identity/logins/auth-handler.ts';
import { loadCredentials } from '../../../src/ssh/identity/logins/credentials.ts';
import { createHostVerifier } from '../../../src/ssh/identity/host-keys/host-verifier.ts';
import { openSession } from '../../../src/ssh/session/open-session.ts';
import { LiveLink } from '../../../src/ssh/session/live-link.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { fingerprintOf, type Key, makeKey } from '../../support/keys.ts';
import { type Sshd, type SshdOptions, startSshd } from '../../support/sshd.ts';
import { background } from '../../support/child.ts';
import { freePort } from '../../support/free-port.ts';
import { must } from '../../support/run.ts';
import { childrenOf } from '../../support/proc.ts';
import { until } from '../../support/until.ts';
import { tempDir } from '../../support/temp-home.ts';
import { makeUser } from '../../support/users.ts';
import { aHop, required } from '../identity/hop.ts';

const cleanups: (() => unknown)[] = [];
export const atEnd = (cleanup: () => unknown): void => void cleanups.push(cleanup);
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

export type AccountOptions = {
  readonly shell?: string;
  /** Options of the key, as in authorized_keys. */
  readonly key?: string;
  /** Lines of sshd_config. */
  readonly config?: readonly string[];
  readonly sshd?: SshdOptions;
};

export type TestAccount = {
  readonly sshd: Sshd;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly key: Key;
  login(): Promise<LiveLink>;
};

/** A throw-away user on a throw-away server; all is removed after the file's tests. Root only. */
export async function anAccount({
  shell = '/bin/bash',
  key: options = '',
  config = [],
  sshd: how = {},
}: AccountOptions = {}): Promise<TestAccount> {
  const user = await makeUser({ shell });
  const [sshd, key] = await Promise.all([startSshd({ user, config, ...how }), makeKey(tempDir())]);
  sshd.authorize(key.publicLine, { options });
  atEnd(async () => {
    await sshd.stop();
    await user.remove();
  });
  return {
    sshd,
    uid: user.uid,
    gid: user.gid,
    home: user.home,
    key,
    login: () => login({ port: sshd.port, user: user.name, key, pin: sshd.hostKey.fingerprint }),
  };
}

type To = { readonly port: number; readonly user: string; readonly key: Key; readonly pin: string };

async function login(to: To): Promise<LiveLink> {
  const stream = connect(to.port, '127.0.0.1').setNoDelay(true);
  await once(stream, 'connect');
  return await loginOver({ kind: 'socket', stream }, to);
}

/** From the client's side of a network: netcat there has the socket. */
export async function loginThrough(network: Network, { sshd, key }: TestAccount): Promise<LiveLink> {
  const child = spawn('ip', ['netns', 'exec', network.names.client, 'nc', sshd.host, String(sshd.port)]);
  atEnd(() => child.kill('SIGKILL'));
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  return await loginOver({ kind: 'channel', stream }, { port: sshd.port, user: sshd.user, key, pin: sshd.hostKey.fingerprint });
}

const hopTo = ({ port, user, key, pin }: To): ResolvedHop =>
  aHop({ port, user, identities: required(key.path), knownHosts: { alias: null, userFiles: [], systemFiles: [], pins: [pin] } });

async function loginOver(carrier: Carrier, to: To): Promise<LiveLink> {
  const hop = hopTo(to);
  const [verifier, credentials] = await Promise.all([createHostVerifier(hop), loadCredentials(hop)]);
  const signal = new AbortController().signal;
  const session = await openSession(carrier.stream, hop, {
    clock: systemClock,
    signal,
    verifier,
    login: createAuthHandler(hop, credentials),
  });
  const keepalive = { intervalMs: 60_000, countMax: 3 };
  const link = new LiveLink({ hop, session, carrier, keepalive, clock: systemClock, onSuspect: () => {} });
  atEnd(() => link.close(1_000));
  return link;
}

export const given = (accounts = new AccountMemory({ clock: systemClock })) => ({
  accounts,
  clock: systemClock,
  signal: new AbortController().signal,
});

/** The process of the server's session that has the user's rights: the one that listens. The newest, where there are several. */
export const userChild = ({ sshd, uid }: TestAccount): Promise<number> =>
  until(
    () =>
      sshd
        .sessions()
        .flatMap((pid) => [pid, ...childrenOf(pid)])
        .findLast((pid) => uidOf(pid) === uid) ?? 0,
    { what: 'the session' },
  );

/** NaN when it has ended meanwhile. */
function uidOf(pid: number): number {
  try {
    return Number(/^Uid:\t\d+\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return Number.NaN;
  }
}

export const startOf = (pid: number): number =>
  Number(
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19],
  );

/** The same on dropbear, the small server of routers and rescue systems. */
export async function aDropbear(): Promise<{ readonly uid: number; readonly hop: ResolvedHop; login(): Promise<LiveLink> }> {
  const user = await makeUser();
  const dir = tempDir();
  const [key, port] = [await makeKey(dir), await freePort()];
  const made = await must('dropbearkey', ['-t', 'ed25519', '-f', join(dir, 'host')]);
  const publicLine = /^ssh-ed25519 \S+/m.exec(made)?.[0] ?? '';
  mkdirSync(join(user.home, '.ssh'), { mode: 0o700 });
  writeFileSync(join(user.home, '.ssh', 'authorized_keys'), `${key.publicLine}\n`, { mode: 0o600 });
  for (const path of ['.ssh', '.ssh/authorized_keys']) chownSync(join(user.home, path), user.uid, user.gid);
  const server = background('dropbear', ['-F', '-E', '-p', `127.0.0.1:${port}`, '-r', join(dir, 'host'), '-P', join(dir, 'pid')]);
  await server.waitFor(/Not backgrounding/);
  atEnd(async () => {
    await server.stop();
    await user.remove();
  });
  const to = { port, user: user.name, key, pin: fingerprintOf(publicLine) };
  return { uid: user.uid, hop: hopTo(to), login: () => login(to) };
}
