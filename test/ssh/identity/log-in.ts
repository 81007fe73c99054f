import { type Problem, problemOf } from '../../../src/model/problem.ts';
import type { Notice, Question } from '../../../src/model/prompt.ts';
import { type Clock, systemClock } from '../../../src/platform/clock.ts';
import { NOBODY, type Person } from '../../../src/ssh/identity/logins/person.ts';
import { dialLink } from '../../../src/ssh/links/dial-link.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import type { Sshd } from '../../support/sshd.ts';
import { aHop } from './hop.ts';

export type Reply = (question: Question) => readonly string[] | null | Promise<readonly string[] | null>;
export type FakePerson = Person & { readonly asked: Question[]; readonly shown: Notice[] };

/** Answers what is asked, and keeps it; a question whose connection is over rejects, as the supervisor's person does. */
export function personWho(reply: Reply): FakePerson {
  const [asked, shown]: [Question[], Notice[]] = [[], []];
  return {
    asked,
    shown,
    ask: async (question, signal) => {
      asked.push(question);
      const over = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
      return await Promise.race([reply(question), over]);
    },
    show: (notice) => {
      shown.push(notice);
      return () => {};
    },
  };
}

/** Does not answer until its connection is over. */
export const silentPerson = (): FakePerson => personWho(() => new Promise(() => {}));

export const hopAt = (sshd: Sshd, over: Partial<ResolvedHop> = {}): ResolvedHop =>
  aHop({
    port: sshd.port,
    user: sshd.user,
    knownHosts: { alias: null, userFiles: [], systemFiles: [], pins: [sshd.hostKey.fingerprint] },
    ...over,
  });

/** Logs in for real, and out again; null where the server let us in. */
export async function logIn(hop: ResolvedHop, person: Person = NOBODY, clock: Clock = systemClock): Promise<Problem | null> {
  const nothing = (): void => {};
  const callbacks = { onSuspect: nothing, onReached: nothing, onHandshake: nothing, resetBefore: () => null };
  const keepalive = { intervalMs: 60_000, countMax: 3 };
  try {
    const link = await dialLink(hop, { clock, signal: new AbortController().signal, keepalive, person, via: null, ...callbacks });
    await link.close(5_000);
    return null;
  } catch (error) {
    return problemOf(error);
  }
}

/** The methods that were tried at a server which logs at DEBUG1. */
export const methodsIn = (log: string): string[] =>
  [...log.matchAll(/userauth-request for user \S+ service ssh-connection method (\S+)/g)].map((match) => match[1] ?? '');
