import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname, relative, sep } from 'node:path';

export type FoldersGiven = {
  /** The name of what has changed in the folder; null where the system does not tell it. */
  readonly onChange: (folder: string, name: string | null) => void;
};

type Watched = { readonly watcher: FSWatcher; readonly at: string; readonly inode: string };

/**
 * Notices changes in folders. Folders and not files, because editors and git put new files in the place of old ones; where a
 * folder is not there, as in the middle of a checkout, the nearest one above it is watched until it is.
 */
export class WatchedFolders {
  readonly #given: FoldersGiven;
  readonly #watched = new Map<string, Watched>();

  constructor(given: FoldersGiven) {
    this.#given = given;
  }

  /** Watches these and no others; what is watched already and is still the same folder goes on. */
  watch(folders: readonly string[]): void {
    for (const [folder, { watcher }] of this.#watched) {
      if (folders.includes(folder)) continue;
      watcher.close();
      this.#watched.delete(folder);
    }
    for (const folder of folders) this.#renew(folder);
  }

  end(): void {
    this.watch([]);
  }

  #renew(folder: string): void {
    const known = this.#watched.get(folder);
    const [at, inode] = nearest(folder);
    if (known !== undefined && known.at === at && known.inode === inode) return;
    known?.watcher.close();
    this.#watched.delete(folder);
    try {
      // Not persistent: it keeps no process from ending.
      const watcher = watch(at, { persistent: false }, (_event, name) => this.#happened(folder, at, name));
      watcher.on('error', () => this.#lost(folder, watcher));
      this.#watched.set(folder, { watcher, at, inode });
    } catch {
      // No more watches to be had (ENOSPC, EMFILE), or none on this file system: `tunnels reload` does it by hand.
    }
  }

  #happened(folder: string, at: string, name: string | null): void {
    if (at !== folder && name !== null && name !== nextAfter(at, folder)) return;
    // The end of the folder itself comes under its own name (inotify(7), IN_DELETE_SELF and IN_MOVE_SELF).
    this.#given.onChange(folder, at !== folder || name === basename(folder) ? null : name);
  }

  #lost(folder: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watched.get(folder)?.watcher === watcher) this.#watched.delete(folder);
  }
}

/** What lies in `at` on the way to the folder. */
const nextAfter = (at: string, folder: string): string | undefined => relative(at, folder).split(sep)[0];

/** The folder, or the nearest one above it that there is, and which one it is: another one may come to have its name. */
function nearest(folder: string): readonly [at: string, inode: string] {
  const found = statSync(folder, { throwIfNoEntry: false, bigint: true });
  if (found?.isDirectory() === true) return [folder, `${found.dev}:${found.ino}`];
  return dirname(folder) === folder ? [folder, ''] : nearest(dirname(folder));
}
