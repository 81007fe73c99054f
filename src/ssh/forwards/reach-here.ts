import type { NetConnectOpts } from 'node:net';
import { type Address, isSocket, printAddress } from '../../model/address.ts';
import { ProblemError, problem } from '../../model/problem.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { MAX_SOCKET_PATH } from '../../platform/socket-path.ts';
import { ReadSocket, sharedSpace } from '../data/read-socket.ts';
import type { Reach } from '../types.ts';
import { errorCode, HERE } from './bind.ts';
import { expandHome } from './bind-socket.ts';

/** How long a target may take to answer, all its addresses together. */
const REACH_MS = 10_000;

/**
 * Of a name's addresses, each gets this long before the next is tried. Node's own 250 ms give up on every address
 * that is far away or loses one SYN (resent after 1 s, RFC 6298 §2).
 */
const ATTEMPT_MS = 2_500;

/**
 * A Reach that dials from this machine. Rejects with ProblemError `target-refused`, or `target-failed` with the
 * system's code (ETIMEDOUT after `REACH_MS`, ECANCELED when the signal is aborted).
 */
export const reachHere: Reach = (to, origin, signal) => reachWithin(systemClock)(to, origin, signal);

/** The same with a clock of one's own. */
export const reachWithin =
  (clock: Clock): Reach =>
  (to, _origin, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(failed(to, 'ECANCELED'));
      if (isSocket(to) && Buffer.byteLength(expandHome(to.path)) > MAX_SOCKET_PATH) return reject(failed(to, 'ENAMETOOLONG'));
      const options = optionsFor(to);
      const socket = new ReadSocket(sharedSpace, options).connect(options);
      const settle = (outcome: () => void): void => {
        cancel();
        signal.removeEventListener('abort', stop);
        outcome();
      };
      const giveUp = (code: string): void =>
        settle(() => {
          // An error may follow a destroy in the midst of a connect.
          socket.removeAllListeners('connect').destroy();
          reject(failed(to, code));
        });
      const stop = (): void => giveUp('ECANCELED');
      const cancel = clock.after(REACH_MS, () => giveUp('ETIMEDOUT'));
      signal.addEventListener('abort', stop);
      socket.on('error', (error) => settle(() => reject(failed(to, codeOf(error), error))));
      socket.once('connect', () => settle(() => resolve(socket)));
    });

function optionsFor(to: Address): NetConnectOpts {
  if (isSocket(to)) return { path: expandHome(to.path), allowHalfOpen: true };
  return {
    host: to.host,
    port: to.port,
    allowHalfOpen: true,
    noDelay: true,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_MS,
  };
}

function failed(to: Address, code: string, cause?: Error): ProblemError {
  const about = { to: printAddress(to), from: HERE };
  const why = code === 'ECONNREFUSED' ? problem('target-refused', about) : problem('target-failed', { ...about, code });
  return new ProblemError(why, cause && { cause });
}

/** Where a name has several addresses, one refusal says that the machine is there. */
function codeOf(error: Error): string {
  if (!(error instanceof AggregateError)) return errorCode(error);
  const codes = error.errors.map(errorCode);
  return codes.find((code) => code === 'ECONNREFUSED') ?? codes[0] ?? errorCode(error);
}
