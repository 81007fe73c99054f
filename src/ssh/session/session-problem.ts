import type { ClientErrorExtensions } from 'ssh2';
import { type Problem, problem } from '../../model/problem.ts';
import { sshWords } from '../../model/ssh-words.ts';
import type { Login } from '../identity/logins/auth-handler.ts';
import type { ResolvedHop } from '../types.ts';

export type Phase = 'greeting' | 'handshake' | 'login';

export type SessionFailure = {
  readonly hop: ResolvedHop;
  readonly phase: Phase;
  /** Null: the connection closed or the deadline passed without a word. */
  readonly error: (Error & ClientErrorExtensions & { readonly code?: unknown }) | null;
  /** The deadline that passed, or null. */
  readonly lateMs: number | null;
  /** What was received before an identification string. */
  readonly greeting: string;
  readonly refusedKey: Problem | null;
  /** A person was being waited for. */
  readonly waiting: boolean;
  /** What the two sides have not in common. */
  readonly mismatch: Problem | null;
  readonly login: Pick<Login, 'refused' | 'refusedYet'>;
};

/**
 * Why a session that was in use is over. An error without a level, and that is not the server's DISCONNECT, which has a number,
 * was thrown while packets were read: nobody can make anything of one of them, or there is a defect of ours in handling it.
 */
export function problemOfLoss(host: string, error: SessionFailure['error']): Problem {
  const isThrown = error !== null && error.level === undefined && typeof error.code !== 'number';
  return isThrown || error?.level === 'protocol' ? problem('link-garbled', { host, why: error.message }) : problem('link-closed', { host });
}

/** Which problem a session that did not come about has: by phase, level and code, never by text. */
export function problemOfSession(failure: SessionFailure): Problem {
  const { hop, phase, error, lateMs, refusedKey } = failure;
  const at = { host: hop.host, port: hop.port };
  if (refusedKey !== null) return refusedKey;
  if (failure.waiting) return problem('login-unanswered', { host: hop.host, user: hop.user, how: 'closed' });
  if (phase === 'login') return problemOfLogin(failure);
  if (lateMs !== null) return problem('handshake-timeout', { ...at, ms: lateMs });
  const code = error?.code;
  if (error?.level === 'client-socket' && typeof code === 'string') return problem('connection-reset', { ...at, code });
  if (phase === 'greeting') return problemOfGreeting(failure);
  if (failure.mismatch !== null) return failure.mismatch;
  return problem('handshake-failed', at);
}

function problemOfGreeting({ hop, greeting }: SessionFailure): Problem {
  const at = { host: hop.host, port: hop.port };
  if (greeting === '') return problem('closed-before-greeting', at);
  const sign = TURNED_AWAY.find(([sentence]) => greeting.startsWith(sentence))?.[1];
  if (sign !== undefined) return problem('turned-away', { ...at, said: greeting, sign, ms: null });
  return problem('not-ssh', { ...at, saw: greeting });
}

/** What sshd sends in place of its greeting (sshd.c): PerSourcePenalties and MaxStartups. */
const TURNED_AWAY = [
  ['Not allowed at this time', 'penalty'],
  ['Exceeded MaxStartups', 'full'],
] as const;

/** RFC 4253 section 11.1: SSH_DISCONNECT_TOO_MANY_CONNECTIONS and _CONNECTION_LOST and the like are for now; the rest is a refusal. */
const FOR_NOW = new Set<unknown>([10, 11, 12]);

function problemOfLogin({ hop, error, lateMs, login }: SessionFailure): Problem {
  const at = { host: hop.host, port: hop.port };
  if (lateMs !== null) return problem('login-timeout', { host: hop.host, user: hop.user, ms: lateMs });
  const broken = error === null || error.level === 'client-socket';
  // dropbear says nothing more when its MaxAuthTries are used up.
  if (broken && login.refusedYet() === 'answers') return login.refused();
  if (broken && login.refusedYet() === 'keys') return problem('login-cut-off', { host: hop.host, user: hop.user, ssh: sshWords(hop) });
  if (error === null) return problem('connection-reset', { ...at, code: 'CLOSED' });
  if (error.level === 'client-socket')
    return problem('connection-reset', { ...at, code: typeof error.code === 'string' ? error.code : 'ERROR' });
  if (FOR_NOW.has(error.code)) return problem('connection-reset', { ...at, code: `DISCONNECT ${String(error.code)}` });
  return login.refused();
}
