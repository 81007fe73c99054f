import { userInfo } from 'node:os';
import { type Problem, problemOf } from '../../../src/model/problem.ts';
import { DEFAULT_KEEPALIVE } from '../../../src/model/profile.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { NOBODY, type Person } from '../../../src/ssh/identity/logins/person.ts';
import { dialLink } from '../../../src/ssh/links/dial-link.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { must, run } from '../../support/run.ts';
import type { Sshd } from '../../support/sshd.ts';
import { aHop } from './hop.ts';

/** A hop that leads to the server, with its host key pinned. */
export const hopAt = (sshd: Sshd, over: Partial<ResolvedHop> = {}): ResolvedHop =>
  aHop({
    port: sshd.port,
    user: sshd.user,
    knownHosts: { alias: null, userFiles: [], systemFiles: [], pins: [sshd.hostKey.fingerprint] },
    ...over,
  });

export type LoggedIn = {
  /** Null: it worked. */
  readonly refused: Problem | null;
  /** The public-key algorithm of each key or certificate that the server was asked about, in order. */
  readonly algorithms: readonly string[];
};

/** One whole login, as a link makes it. */
export async function logIn(sshd: Sshd, hop: ResolvedHop, { person = NOBODY }: { readonly person?: Person } = {}): Promise<LoggedIn> {
  const from = sshd.log().length;
  const refused = await dialLink(hop, {
    clock: systemClock,
    signal: new AbortController().signal,
    keepalive: DEFAULT_KEEPALIVE,
    person,
    via: null,
    onSuspect: () => {},
    onReached: () => {},
    onHandshake: () => {},
    resetBefore: () => null,
  }).then(
    async (link) => {
      await link.close(5_000);
      return null;
    },
    (error: unknown) => problemOf(error),
  );
  if (refused === null) await sshd.waitForLog(/Accepted publickey/, { from });
  return { refused, algorithms: asked(sshd.log().slice(from)) };
}

const asked = (log: string): string[] => [...log.matchAll(/userauth_pubkey: publickey test pkalg (\S+)/g)].map((match) => match[1]!);

/** What was tried, as the user is told it. */
export const triedOf = ({ refused }: LoggedIn): string => (refused?.code === 'login-refused' ? refused.facts.tried : `${refused?.code}`);

/** Whether the real ssh(1) gets in with these options of ssh_config. */
export async function sshGetsIn(sshd: Sshd, options: readonly string[], { agent }: { readonly agent?: string } = {}): Promise<boolean> {
  const common = ['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'ConnectTimeout=10'];
  const flags = [...common, ...options].flatMap((option) => ['-o', option]);
  const env = { ...process.env, SSH_AUTH_SOCK: agent ?? '' };
  const ran = await run('ssh', ['-F', 'none', ...flags, '-p', String(sshd.port), `${sshd.user}@127.0.0.1`, 'true'], { env });
  return ran.code === 0;
}

export type CertificateOptions = {
  readonly principals?: string;
  /** As ssh-keygen(1) -V takes it. */
  readonly valid?: string;
  readonly host?: true;
  readonly more?: readonly string[];
};

/** Signs a public key; the certificate lies beside it, as ssh-keygen(1) writes it. Gives its path. */
export async function certify(ca: string, keyPath: string, options: CertificateOptions = {}): Promise<string> {
  const { principals = userInfo().username, valid, host, more = [] } = options;
  const flags = [...(valid === undefined ? [] : ['-V', valid]), ...(host ? ['-h'] : []), ...more];
  await must('ssh-keygen', ['-q', '-s', ca, '-I', 'test', '-n', principals, ...flags, `${keyPath}.pub`]);
  return `${keyPath}-cert.pub`;
}
