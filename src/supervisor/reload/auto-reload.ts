import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute } from 'node:path';
import type { ReloadReport } from '../../model/profile-change.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../log.ts';
import { WatchedFolders } from './watch-folders.ts';

export type AutoReloadGiven = {
  readonly clock: Clock;
  readonly log: Log;
  /** The files of the profiles that tunnels have. */
  readonly files: () => readonly string[];
  /** The folder of a person's own changes. */
  readonly config: string;
  /** Reads all profiles anew and applies what changed. Null: it did not work. */
  readonly reload: () => Promise<ReloadReport | null>;
};

/** An editor or git writes several files, or one in several steps; ms without another change. */
const QUIET_MS = 300;

/** What of a folder may be part of a profile. */
const PROFILE_FILE = /\.(ya?ml|json)$/;

/** Has profiles read anew where a file of theirs changes. What cannot be used changes nothing and is told in the log. */
export class AutoReload {
  readonly #given: AutoReloadGiven;
  readonly #folders: WatchedFolders;
  /** What was told last of each tunnel, so that one mistake is told once. */
  readonly #told = new Map<string, string>();
  #cancel = (): void => {};
  #looking = false;
  #running = false;
  #again = false;
  #ended = false;

  constructor(given: AutoReloadGiven) {
    this.#given = given;
    this.#folders = new WatchedFolders({ onChange: (folder, name) => this.#noticed(folder, name) });
  }

  /** To be called when tunnels have other files; many calls of one turn of the event loop are one. */
  look(): void {
    if (this.#looking) return;
    this.#looking = true;
    setImmediate(() => {
      this.#looking = false;
      if (!this.#ended) this.#folders.watch(foldersOf(this.#given));
    });
  }

  /** Reads them anew once nothing has changed for a moment. */
  soon(): void {
    if (this.#ended) return;
    this.#cancel();
    this.#cancel = this.#given.clock.after(QUIET_MS, () => void this.#reload());
  }

  end(): void {
    this.#ended = true;
    this.#cancel();
    this.#folders.end();
  }

  /** The folder of one's own changes may hold the supervisor's own files too, which change all the time. */
  #noticed(folder: string, name: string | null): void {
    if (name !== null && !(folder === this.#given.config ? /^overrides\./ : PROFILE_FILE).test(name)) return;
    this.soon();
  }

  async #reload(): Promise<void> {
    this.#again = this.#running;
    if (this.#running || this.#ended) return;
    this.#running = true;
    // At once: what changes while they are read must be noticed.
    this.#folders.watch(foldersOf(this.#given));
    const report = await this.#given.reload();
    this.#running = false;
    if (this.#ended) return;
    if (report === null) this.#given.log.warn('not-reloaded', { text: 'Changed profiles could not be read. By hand: tunnels reload' });
    else this.#tell(report);
    if (this.#again) await this.#reload();
  }

  #tell({ tunnels }: ReloadReport): void {
    for (const { name, problem } of tunnels) {
      const text = problem === null ? '' : `${problem.text} ${problem.next}`;
      if (problem !== null && this.#told.get(name) !== text) this.#given.log.warn(problem.code, { tunnel: name, text });
      this.#told.set(name, text);
    }
  }
}

/** Also where links lead to, as to a folder of dotfiles. */
function foldersOf({ files, config }: AutoReloadGiven): string[] {
  const own = files().filter((file) => isAbsolute(file) && PROFILE_FILE.test(basename(file)));
  return [...new Set([config, ...[...own, ...own.map(realOf)].map((file) => dirname(file))])];
}

function realOf(file: string): string {
  try {
    return realpathSync.native(file);
  } catch {
    return file;
  }
}
