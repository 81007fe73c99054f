import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { DeadSession } from '../../../../src/model/binding.ts';
import type { SessionIdentity } from '../../../../src/model/session-record.ts';
import { systemClock } from '../../../../src/platform/clock.ts';
import { createAuthHandler } from '../../../../src/ssh/identity/logins/auth-handler.ts';
import { loadCredentials } from '../../../../src/ssh/identity/logins/credentials.ts';
import { createHostVerifier } from '../../../../src/ssh/identity/host-keys/host-verifier.ts';
import { runScript } from '../../../../src/ssh/remote/run-script.ts';
import { LiveLink } from '../../../../src/ssh/session/live-link.ts';
import { openSession } from '../../../../src/ssh/session/open-session.ts';
import { type Background, background } from '../../../support/child.ts';
import { freePort, isFree } from '../../../support/free-port.ts';
import { makeKey } from '../../../support/keys.ts';
import { type Sshd, type SshdOptions, startSshd } from '../../../support/sshd.ts';
import { tempDir } from '../../../support/temp-home.ts';
import { until } from '../../../support/until.ts';
import { makeUser, type TestUser } from '../../../support/users.ts';
import { aHop, required } from '../../identity/hop.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
export const atEnd = (end: () => unknown): void => void ends.push(end);

export const never = new AbortController().signal;
export const given = { clock: systemClock, signal: never };

export type Place = { readonly sshd: Sshd; readonly user: TestUser; readonly keyPath: string };

/** A user without rights and a server that lets him in. */
export async function makePlace({ shell, ...options }: SshdOptions & { shell?: string } = {}): Promise<Place> {
  const user = await makeUser(shell === undefined ? {} : { shell });
  atEnd(() => user.remove());
  return await anotherServer(user, options);
}

/** Another server for the same user. */
export async function anotherServer(user: TestUser, options: SshdOptions): Promise<Place> {
  const sshd = await startSshd({ ...options, user });
  atEnd(() => sshd.stop());
  const key = await makeKey(tempDir());
  sshd.authorize(key.publicLine);
  return { sshd, user, keyPath: key.path };
}

/** The sshd_config line that gives sessions these programs in place of the usual ones. */
export function programsFirst(programs: Readonly<Record<string, string>>): string {
  const dir = tempDir();
  chmodSync(dir, 0o755);
  for (const [name, target] of Object.entries(programs)) symlinkSync(target, join(dir, name));
  return `SetEnv PATH=${dir}:/usr/bin:/bin`;
}

/** A program in place of sshd that sees of /proc what hidepid=2 leaves (proc(5)). */
export function sshdWithHiddenProcesses(): string {
  const path = join(tempDir(), 'sshd');
  const inside = 'mount -t proc -o hidepid=2 proc /proc && exec /usr/sbin/sshd "$@"';
  writeFileSync(path, `#!/bin/sh\nexec unshare --mount sh -c '${inside}' sh "$@"\n`, { mode: 0o755 });
  return path;
}

/** A login of the place's user, over a connection of this process or over the relay. */
export async function logIn({ sshd, keyPath }: Place, { over, user = sshd.user }: { over?: Relay; user?: string } = {}): Promise<LiveLink> {
  const stream = over === undefined ? connect({ host: sshd.host, port: sshd.port, noDelay: true }) : connect(over.path);
  await once(stream, 'connect');
  const pins = { alias: null, userFiles: [], systemFiles: [], pins: [sshd.hostKey.fingerprint] };
  const hop = aHop({ host: sshd.host, port: sshd.port, user, identities: required(keyPath), identitiesOnly: true, knownHosts: pins });
  const [verifier, credentials] = await Promise.all([createHostVerifier(hop), loadCredentials(hop)]);
  const session = await openSession(stream, hop, { ...given, verifier, login: createAuthHandler(hop, credentials) });
  const link = new LiveLink({
    hop,
    session,
    carrier: { kind: 'socket', stream },
    keepalive: { intervalMs: 60_000, countMax: 3 },
    clock: systemClock,
    onSuspect: () => {},
  });
  atEnd(() => stream.destroy());
  return link;
}

export type Relay = {
  /** A Unix socket; what connects there comes to the server from a process of its own. */
  readonly path: string;
  readonly process: Background;
  /** Ends with a reset of its connection to the server. */
  reset(): Promise<void>;
  /** From now on nothing passes, and the server hears nothing of it: the process stands still. */
  freeze(): void;
};

/** A client's network end in a process that can be stopped, or stand in another network namespace. */
export async function makeRelay(sshd: Sshd, { netns }: { netns?: string } = {}): Promise<Relay> {
  const path = join(tempDir(), 'relay');
  const argv = [...(netns ? ['ip', 'netns', 'exec', netns] : []), process.execPath, '-e', RELAY, path, sshd.host, String(sshd.port)];
  const child = background(argv[0]!, argv.slice(1));
  atEnd(() => child.stop('SIGKILL'));
  // Not its file: that is there from bind on, and a connection before listen is refused.
  await until(() => existsSync(`${path}.listens`), { what: 'the relay' });
  return { path, process: child, reset: () => child.stop('SIGTERM'), freeze: () => child.kill('SIGSTOP') };
}

const RELAY = `
const net = require('node:net');
const [path, host, port] = process.argv.slice(1);
net.createServer((near) => {
  const far = net.connect({ host, port: Number(port), noDelay: true });
  near.pipe(far).pipe(near);
  near.on('error', () => far.resetAndDestroy());
  far.on('error', () => near.destroy());
  process.once('SIGTERM', () => far.resetAndDestroy());
}).listen(path, () => require('node:fs').writeFileSync(path + '.listens', ''));
process.on('SIGTERM', () => setImmediate(() => process.exit()));
`;

/** Who a login is on the server, told by the server's own shell. */
export async function identityOf(link: LiveLink): Promise<SessionIdentity> {
  const result = await runScript(link, IDENTITY, { args: [], ...given });
  if (!result.ok) throw new Error(`no identity: ${result.why}`);
  const [pid = '', bootId = '', uid = '', host = '', port = ''] = result.lines.join(' ').split(' ');
  const killable = true;
  const client = { host, port: Number(port) };
  return {
    pid: Number(pid),
    comm: 'sshd',
    startTicks: startOf(Number(pid)) as number | null,
    bootId,
    uid: Number(uid),
    client,
    scope: null,
    killable,
  };
}

const IDENTITY = `
p=$$
while [ "$p" -gt 1 ]; do
  read -r l </proc/$p/stat || break
  case $l in *'(sshd)'* | *'(sshd-session)'*) break ;; esac
  set -- \${l##*\\) }
  p=$2
done
read -r boot </proc/sys/kernel/random/boot_id
echo "$p $boot $(id -u) $SSH_CONNECTION"
`;

export const startOf = (pid: number): number => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19]);
};

/** What only a verdict makes outside of tests. */
export const proofOf = ({ pid, startTicks, bootId }: Pick<SessionIdentity, 'pid' | 'startTicks' | 'bootId'>): DeadSession =>
  ({ pid, startTicks, bootId }) as DeadSession;

/** Binds a free loopback port of the server over a link; says which. */
export async function bindOne(link: LiveLink): Promise<number> {
  const port = await freePort();
  await link.tryListen({ host: '127.0.0.1', port });
  return port;
}

export const freed = (port: number): Promise<unknown> =>
  until(() => isFree(port, '127.0.0.1'), { what: `port ${port} to be free`, everyMs: 5 });
export const isHeld = async (port: number): Promise<boolean> => !(await isFree(port, '127.0.0.1'));
