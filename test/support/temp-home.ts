import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runFolder } from './run-folder.ts';

export type TempHome = {
  /** HOME: has an empty `.ssh` of mode 0700. */
  readonly home: string;
  /** TUNNELS_HOME. */
  readonly tunnelsHome: string;
  /** `{ HOME, TUNNELS_HOME }` and no agent. */
  readonly env: { readonly HOME: string; readonly TUNNELS_HOME: string; readonly SSH_AUTH_SOCK: string };
  /** Writes a file below HOME, its folders made; gives its path. */
  write(path: string, text: string, mode?: number): string;
  /** Writes a profile of that name into `TUNNELS_HOME/profiles`; gives its path. */
  profile(name: string, yaml: string): string;
  remove(): void;
};

/** A new folder below the run's own, which is removed with it; a short path, since a Unix socket's may have 107 bytes at most (unix(7)). */
export const tempDir = (prefix = 't'): string => mkdtempSync(join(runFolder(), `${prefix}-`));

export type Owner = { readonly uid: number; readonly gid: number };

/**
 * A HOME with a TUNNELS_HOME in it, of the user given or the test's own. `at` takes an existing folder in place of a new one,
 * such as a throw-away user's home: ssh(1) looks for `~` in the password database and does not heed $HOME.
 */
export function tempHome({ owner, at }: { owner?: Owner; at?: string } = {}): TempHome {
  const home = at ?? tempDir();
  const tunnelsHome = join(home, 'h');
  for (const path of [home, tunnelsHome, join(tunnelsHome, 'profiles'), join(home, '.ssh')]) makeFolder(path, owner);
  const write = (path: string, text: string, mode = 0o600): string => {
    const file = join(home, path);
    makeFolders(dirname(file), { below: home, owner });
    writeFileSync(file, text, { mode });
    chmodSync(file, mode);
    if (owner) chownSync(file, owner.uid, owner.gid);
    return file;
  };
  return {
    home,
    tunnelsHome,
    env: { HOME: home, TUNNELS_HOME: tunnelsHome, SSH_AUTH_SOCK: '' },
    write,
    profile: (name, yaml) => write(join('h', 'profiles', `${name}.yaml`), yaml),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

function makeFolders(path: string, { below, owner }: { below: string; owner: Owner | undefined }): void {
  if (path === below) return;
  makeFolders(dirname(path), { below, owner });
  makeFolder(path, owner);
}

function makeFolder(path: string, owner: Owner | undefined): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (owner) chownSync(path, owner.uid, owner.gid);
}
