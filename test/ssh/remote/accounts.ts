import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import { AccountMemory } from '../../../src/ssh/remote/account-memory.ts';
import { createAuthHandler } from '../../../src/ssh/identity/auth-handler.ts';
import { loadCredentials } from '../../../src/ssh/identity/credentials.ts';
import { createHostVerifier } from '../../../src/ssh/identity/host-verifier.ts';
import { openSession } from '../../../src/ssh/session/open-session.ts';
import { LiveLink } from '../../../src/ssh/session/live-link.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
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
};

export type TestAccount = {
  readonly sshd: Sshd;
  readonly uid: number;
  readonly home: string;
  readonly key: Key;
  login(): Promise<LiveLink>;
};

/** A throw-away user on a throw-away server; all is removed after the file's tests. Root only. */
export async function anAccount({ shell = '/bin/bash', key: options = '', config = [] }: AccountOptions = {}): Promise<TestAccount> {
  const user = await makeUser({ shell });
  const [sshd, key] = await Promise.all([startSshd({ user, config }), makeKey(tempDir())]);
  sshd.authorize(key.publicLine, { options });
  atEnd(async () => {
    await sshd.stop();
    await user.remove();
  });
  return {
    sshd,
    uid: user.uid,
    home: user.home,
    key,
    login: () => login({ port: sshd.port, user: user.name, key, pin: sshd.hostKey.fingerprint }),
  };
}

export async function login(to: { port: number; user: string; key: Key; pin: string; host?: string }): Promise<LiveLink> {
  const hop = aHop({
    ...(to.host === undefined ? {} : { host: to.host }),
    port: to.port,
    user: to.user,
    identities: required(to.key.path),
    knownHosts: { alias: null, userFiles: [], systemFiles: [], pins: [to.pin] },
  });
  const stream = connect(to.port, to.host ?? '127.0.0.1').setNoDelay(true);
  await once(stream, 'connect');
  const [verifier, credentials] = await Promise.all([createHostVerifier(hop), loadCredentials(hop)]);
  const signal = new AbortController().signal;
  const session = await openSession(stream, hop, { clock: systemClock, signal, verifier, login: createAuthHandler(hop, credentials) });
  const carrier = { kind: 'socket', stream } as const;
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
