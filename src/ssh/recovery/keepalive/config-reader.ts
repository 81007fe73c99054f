import { posix } from 'node:path';
import type { ServerKeepalive } from './server-keepalive.ts';
import { countIn, type Directive, directivesIn, timeIn } from './sshd-config-text.ts';

/**
 * The texts of the files that a pattern of glob(7) matches, in their order; none is an answer too. Null: one of them, or
 * the folder, cannot be read, so that nobody knows what sshd, which is root, read there.
 */
export type ReadFiles = (pattern: string) => Promise<readonly string[] | null>;

/** servconf.h of OpenSSH, SERVCONF_MAX_DEPTH. */
const MAX_DEPTH = 16;
const MAX_PATTERNS = 64;
const DEFAULT_INTERVAL_MS = 0;
const DEFAULT_COUNT_MAX = 3;

/**
 * What an sshd_config and all that it includes say about ClientAlive: the first value of each counts. Match blocks are not
 * applied but noted. Null where a file that might say it cannot be read.
 */
export async function readConfig(
  path: string,
  { read, options }: { readonly read: ReadFiles; readonly options: readonly Directive[] },
): Promise<Omit<ServerKeepalive, 'source'> | null> {
  const reading = new Reading(read);
  for (const option of options) await reading.take(option, { applies: true, depth: 0 });
  await reading.takeFiles(path, { applies: true, depth: 0 });
  return reading.result();
}

type Where = { readonly applies: boolean; readonly depth: number };

class Reading {
  readonly #read: ReadFiles;
  #intervalMs: number | null = null;
  #countMax: number | null = null;
  #conditional = false;
  #unknown = false;
  #patterns = 0;

  constructor(read: ReadFiles) {
    this.#read = read;
  }

  result(): Omit<ServerKeepalive, 'source'> | null {
    if (this.#unknown) return null;
    const [intervalMs, countMax] = [this.#intervalMs ?? DEFAULT_INTERVAL_MS, this.#countMax ?? DEFAULT_COUNT_MAX];
    return { intervalMs, countMax, conditional: this.#conditional };
  }

  async takeFiles(pattern: string, where: Where): Promise<void> {
    const allowed = where.depth <= MAX_DEPTH && this.#patterns++ < MAX_PATTERNS;
    const texts = allowed ? await this.#read(pattern) : null;
    if (texts === null || (where.depth === 0 && texts.length === 0)) this.#lost();
    for (const text of texts ?? []) await this.#takeText(text, where);
  }

  async take({ keyword, args: [value = '', ...more] }: Directive, where: Where): Promise<void> {
    if (keyword === 'include') for (const each of [value, ...more]) await this.takeFiles(below(each), { ...where, depth: where.depth + 1 });
    if (keyword === 'clientaliveinterval') this.#set(where, () => (this.#intervalMs ??= timeIn(value)));
    if (keyword === 'clientalivecountmax') this.#set(where, () => (this.#countMax ??= countIn(value)));
  }

  /** A Match block ends with its file, or with the next (sshd_config(5)). */
  async #takeText(text: string, where: Where): Promise<void> {
    let applies = where.applies;
    for (const directive of directivesIn(text)) {
      if (directive.keyword === 'match') applies = where.applies && directive.args.join(' ').toLowerCase() === 'all';
      else await this.take(directive, { ...where, applies });
    }
  }

  #set({ applies }: Where, set: () => void): void {
    if (applies) set();
    else this.#conditional = true;
  }

  /** What was set before this holds all the same; a Match block could still change it. */
  #lost(): void {
    if (this.#intervalMs === null || this.#countMax === null) this.#unknown = true;
    else this.#conditional = true;
  }
}

/** Include's relative paths are below /etc/ssh. */
const below = (path: string): string => posix.resolve('/etc/ssh', path);
