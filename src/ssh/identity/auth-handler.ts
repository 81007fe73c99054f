import type { AuthenticationType, AuthHandlerMiddleware, NextAuthHandler } from 'ssh2';
import { problem, type Problem } from '../../model/problem.ts';
import type { ResolvedHop } from '../types.ts';
import type { Credentials } from './credentials.ts';

export type Login = {
  /** For ssh2's `authHandler`. */
  readonly handler: AuthHandlerMiddleware;
  /** `login-refused` with what has been tried until now, for when the server has said its last no. */
  refused(): Problem;
};

/**
 * Offers each key once, in order, and never asks first which methods there are ("none"): that saves a round trip.
 * For one connection only.
 */
export function createAuthHandler(hop: ResolvedHop, { methods, skipped }: Credentials): Login {
  const tried: string[] = [];
  let left: readonly AuthenticationType[] | null = null;
  let accepted = false;
  const handler = (authsLeft: readonly AuthenticationType[] | null, partialSuccess: boolean | null, next: NextAuthHandler): void => {
    left = authsLeft;
    accepted ||= partialSuccess === true;
    const method = takesKeys(authsLeft) ? methods[tried.length] : undefined;
    if (method === undefined) return giveUp(next);
    tried.push(method.label);
    next(method.method);
  };
  return {
    handler,
    refused: () =>
      problem('login-refused', { host: hop.host, port: hop.port, user: hop.user, tried: story({ tried, skipped, left, accepted }) }),
  };
}

/** Null before the first answer. After an agent's key ssh2 gives the answer before last; that only costs an attempt. */
const takesKeys = (left: readonly AuthenticationType[] | null): boolean => left === null || left.includes('publickey');

/** ssh2 takes false for "no more", which its types do not know; it then emits an error of level `client-authentication`. */
const giveUp = (next: NextAuthHandler): void => next(false as unknown as AuthenticationType);

type Attempts = {
  readonly tried: readonly string[];
  readonly skipped: readonly Problem[];
  readonly left: readonly AuthenticationType[] | null;
  readonly accepted: boolean;
};

function story({ tried, skipped, left, accepted }: Attempts): string {
  const unusable = skipped.flatMap((p) => (p.code === 'key-unusable' ? `${p.facts.path} (${p.facts.why})` : []));
  const methods = left?.filter((method) => method !== 'publickey').join(', ');
  return [
    tried.join(', ') || 'nothing',
    ...(unusable.length === 0 ? [] : [`not tried: ${unusable.join(', ')}`]),
    ...(accepted ? [`a key was accepted and more is asked for: ${methods}`] : []),
    ...(!accepted && !takesKeys(left) ? [`it takes no keys, only: ${methods}`] : []),
  ].join('; ');
}
