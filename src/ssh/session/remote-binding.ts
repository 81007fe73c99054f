import type { Client } from 'ssh2';
import { type Address, isSocket, printAddress } from '../../model/address.ts';
import { type Problem, ProblemError, problem } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import { deferred } from '../../platform/deferred.ts';
import type { ServerWords } from './open-session.ts';

export type BindGiven = {
  readonly client: Client;
  readonly clock: Clock;
  readonly said: ServerWords;
  readonly hop: string;
  readonly isLost: () => boolean;
  /** Rejects when the link is lost, as requests on a dead connection are never answered. */
  readonly orLost: <T>(work: Promise<T>) => Promise<T>;
};

/** sshd answers at once, but for a name that it cannot resolve it takes 5 s. */
const ANSWER_MS = 10_000;

/** Asks the hop to listen; the address comes back with the real port. Rejects with the problem, never with a guess. */
export async function bindThere(at: Address, given: BindGiven): Promise<Address> {
  const mark = given.said.mark();
  const about = { listen: printAddress(at), on: given.hop };
  const answer = deferred<Address>();
  let late = false;
  const cancel = given.clock.after(ANSWER_MS, () => {
    late = true;
    answer.reject(new ProblemError(problem('bind-not-answered', about)));
  });
  try {
    request(given.client, at, (refused, real) => {
      // At a connection's end ssh2 reports every open request as failed; that is no refusal.
      if (given.isLost()) return;
      if (refused) answer.reject(new ProblemError(refusal(about, given.said.since(mark))));
      else if (late) void unbindThere(real, given).catch(() => {});
      else answer.resolve(real);
    });
    return await given.orLost(answer.promise);
  } finally {
    cancel();
  }
}

/** Resolves when the server has confirmed, or rejects when it does not (then the session's end frees the binding). */
export async function unbindThere(at: Address, given: BindGiven): Promise<void> {
  const answer = deferred<void>();
  const settle = (error?: Error | null) => (error ? answer.reject(error) : answer.resolve());
  const cancel = given.clock.after(ANSWER_MS, () =>
    answer.reject(new ProblemError(problem('bind-not-answered', { listen: printAddress(at), on: given.hop }))),
  );
  try {
    if (isSocket(at)) given.client.openssh_unforwardInStreamLocal(at.path, settle);
    else given.client.unforwardIn(onTheWire(at.host), at.port, settle);
    await given.orLost(answer.promise);
  } finally {
    cancel();
  }
}

function request(client: Client, at: Address, done: (refused: boolean, real: Address) => void): void {
  if (isSocket(at)) client.openssh_forwardInStreamLocal(at.path, (error) => done(Boolean(error), at));
  else client.forwardIn(onTheWire(at.host), at.port, (error, port) => done(Boolean(error), { host: at.host, port: port || at.port }));
}

/** RFC 4254 section 7.1: the empty string means every address of every protocol family. */
export const onTheWire = (host: string): string => (host === '*' ? '' : host);

function refusal(about: { listen: string; on: string }, said: readonly string[]): Problem {
  const policy = said.find((sentence) => POLICY.has(sentence));
  return policy === undefined ? problem('binding-refused', about) : problem('bind-not-allowed', { ...about, said: policy });
}

/**
 * SSH_MSG_DEBUG is the only place where sshd gives a reason (seen with 9.2 and 10.0): the first for
 * AllowTcpForwarding, DisableForwarding and a key's no-port-forwarding, the second for PermitListen.
 */
const POLICY = new Set(['Server has disabled port forwarding.', 'port forwarding refused']);
