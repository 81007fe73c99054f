import { hostname, userInfo } from 'node:os';
import { homeDirectory } from '../../platform/paths.ts';

/** Who asks, and what `~` means. */
export type LocalUser = {
  readonly name: string;
  readonly uid: number;
  /** `$HOME`, or the password database's where that is unset. */
  readonly home: string;
  /** The password database's home, which is what ssh(1) goes by whatever $HOME says; null: it does not know us. */
  readonly accountHome: string | null;
  readonly hostname: string;
};

type Env = Readonly<Record<string, string | undefined>>;

export function localUser(env: Env): LocalUser {
  const account = accountOf();
  const home = account === null ? env['HOME'] || '/' : homeDirectory(env);
  return {
    name: account?.username ?? env['USER'] ?? env['LOGNAME'] ?? 'unknown',
    uid: process.getuid?.() ?? -1,
    home,
    accountHome: account?.homedir ?? null,
    hostname: hostname(),
  };
}

/** A container may run as a user id that has no account; userInfo() throws there. */
function accountOf(): { readonly username: string; readonly homedir: string } | null {
  try {
    return userInfo();
  } catch {
    return null;
  }
}
