import { resolve } from 'node:path';
import { fail, ok, type Result } from '../../model/result.ts';
import type { LocalUser } from './local-user.ts';

export type PathContext = {
  readonly user: LocalUser;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As the profile names it (%n), and as ssh_config resolves it (%h). */
  readonly name: string;
  readonly host: string;
  readonly alias: string | null;
  readonly port: number;
  readonly remoteUser: string;
};

/** Why a path cannot be expanded, as the end of a sentence that begins with the path. */
type PathError = string;

/**
 * An absolute path from what ssh_config says: `~/`, `${VARIABLE}` and the %-tokens of ssh_config(5), each expanded
 * once. A path that is not absolute is taken from the home, as the supervisor has no working directory of its own.
 */
export function expandPath(text: string, context: PathContext): Result<string, PathError> {
  const { user } = context;
  if (/^~[^/\\]/.test(text)) return fail('names the home of another user');
  const bare = text.startsWith('~') ? user.home + text.slice(1) : text;
  const tokens = expandTokens(bare, context);
  return tokens.ok ? ok(ownHome(resolve(user.home, tokens.value), user)) : tokens;
}

function expandTokens(text: string, context: PathContext): Result<string, PathError> {
  let trouble: PathError | null = null;
  const value = text.replaceAll(/%(.?)|\$\{([^}]*)\}/g, (whole, letter: string | undefined, variable: string | undefined) => {
    const replacement = variable === undefined ? tokenOf(letter ?? '', context) : context.env[variable];
    if (replacement === undefined)
      trouble = variable === undefined ? `has ${whole}, which is not supported` : `needs the variable ${variable}, which is not set`;
    return replacement ?? whole;
  });
  return trouble === null ? ok(value) : fail(trouble);
}

function tokenOf(letter: string, context: PathContext): string | undefined {
  const { user } = context;
  const values: Record<string, string> = {
    '%': '%',
    d: user.home,
    h: context.host,
    i: String(user.uid),
    k: context.alias ?? context.name,
    l: user.hostname,
    L: user.hostname.split('.')[0] ?? user.hostname,
    n: context.name,
    p: String(context.port),
    r: context.remoteUser,
    u: user.name,
  };
  return Object.hasOwn(values, letter) ? values[letter] : undefined;
}

/** `ssh -G` prints some paths with `~` expanded to the account's home, where ours is `$HOME`. */
function ownHome(path: string, { home, accountHome }: LocalUser): string {
  const theirs = accountHome === null ? null : `${resolve(accountHome, '.ssh')}/`;
  return theirs !== null && path.startsWith(theirs) ? resolve(home, '.ssh', path.slice(theirs.length)) : path;
}
