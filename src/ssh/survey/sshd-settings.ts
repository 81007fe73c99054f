import { posix } from 'node:path';
import type { ReadFiles } from '../recovery/keepalive/config-reader.ts';
import { type Directive, directivesIn } from '../recovery/keepalive/sshd-config-text.ts';

/** The first value of each keyword, as sshd_config(5) has it; `conditional`: keywords that a Match block, or a file that we may not read, sets too. */
export type SshdSettings = { readonly values: ReadonlyMap<string, readonly string[]>; readonly conditional: ReadonlySet<string> };

type From = {
  readonly path: string;
  readonly options: readonly Directive[];
  readonly keywords: readonly string[];
  readonly read: ReadFiles;
};

/** What an sshd_config and all that it includes say about some keywords (in lower case); null where the file itself cannot be read. */
export async function readSshdSettings(from: From): Promise<SshdSettings | null> {
  const reading = new Reading(from);
  for (const option of from.options) await reading.take(option, { applies: true, depth: 0 });
  return (await reading.takeFiles(from.path, { applies: true, depth: 0 })) ? reading : null;
}

/** servconf.h of OpenSSH, SERVCONF_MAX_DEPTH. */
const MAX_DEPTH = 16;
const MAX_PATTERNS = 64;

type Where = { readonly applies: boolean; readonly depth: number };

class Reading implements SshdSettings {
  readonly values = new Map<string, readonly string[]>();
  readonly conditional = new Set<string>();
  readonly #from: From;
  #patterns = 0;

  constructor(from: From) {
    this.#from = from;
  }

  /** False where there is no such file, or it cannot be read. */
  async takeFiles(pattern: string, where: Where): Promise<boolean> {
    const allowed = where.depth <= MAX_DEPTH && this.#patterns++ < MAX_PATTERNS;
    const texts = allowed ? await this.#from.read(pattern) : null;
    if (texts === null) this.#lost();
    for (const text of texts ?? []) await this.#takeText(text, where);
    return texts !== null && texts.length > 0;
  }

  async take({ keyword, args }: Directive, where: Where): Promise<void> {
    if (keyword === 'include') for (const path of args) await this.takeFiles(below(path), { ...where, depth: where.depth + 1 });
    if (!this.#from.keywords.includes(keyword)) return;
    if (!where.applies) this.conditional.add(keyword);
    else if (!this.values.has(keyword)) this.values.set(keyword, args);
  }

  /** A Match block ends with its file, or with the next. */
  async #takeText(text: string, where: Where): Promise<void> {
    let { applies } = where;
    for (const directive of directivesIn(text)) {
      if (directive.keyword === 'match') applies = where.applies && directive.args.join(' ').toLowerCase() === 'all';
      else await this.take(directive, { ...where, applies });
    }
  }

  /** What was set before this holds all the same. */
  #lost(): void {
    for (const keyword of this.#from.keywords) if (!this.values.has(keyword)) this.conditional.add(keyword);
  }
}

/** Include's relative paths are below /etc/ssh. */
const below = (path: string): string => posix.resolve('/etc/ssh', path);
