import type { StandIns } from '../../model/stand-ins.ts';
import type { Plain } from './part.ts';

type Around = { readonly key: string; readonly before: string; readonly after: string };

/**
 * Makes up values for variables that have none yet, of the kind that the place takes, so that a profile can be read and shown
 * before anybody gives them. `taken`: all that the document holds; none of the texts is in there, so that a file cannot pass
 * its own values off as those that its reader gives.
 */
export class StandInBook {
  readonly #taken: string;
  readonly #made = new Map<string, string>();

  constructor(taken: string) {
    this.#taken = taken;
  }

  get all(): StandIns {
    return Object.fromEntries(this.#made);
  }

  /** For a value that is nothing but the variable. */
  whole(name: string, key: string): Exclude<Plain, null> {
    if (ENDS.has(key)) return this.#keep(name, `${this.#word(name)}:${this.#number(name)}`);
    if (NUMBERS.has(key)) return Number(this.#number(name));
    if (DURATIONS.has(key)) return this.#keep(name, `${this.#number(name)}ms`);
    if (key === 'hostKey') return this.#keep(name, `SHA256:${this.#word(name).padEnd(43, '0')}`);
    if (PATHS.has(key)) return this.#keep(name, `/${this.#word(name)}`);
    // What they may at most.
    if (key === 'secondLogin') return 'when-heavy';
    return key === 'public' ? true : this.#word(name);
  }

  /** For a part of a text: behind a colon at its end there is a port. */
  part(name: string, { key, before, after }: Around): string {
    const isPort = (ENDS.has(key) || key === 'hops') && before.endsWith(':') && after === '';
    return isPort || NUMBERS.has(key) ? this.#number(name) : this.#word(name);
  }

  /** Begins with a letter that is nowhere else in it, so that no two of them and no text around make another one. */
  #word(name: string): string {
    return this.#first(name, (count) => `zyfillin${count}e`);
  }

  #number(name: string): string {
    return this.#first(name, (count) => String(LEAST_PORT + count));
  }

  #first(name: string, make: (count: number) => string): string {
    for (let count = 1; ; count += 1) {
      const text = make(count);
      if ((this.#made.get(text) ?? name) === name && !this.#taken.includes(text)) return this.#keep(name, text);
    }
  }

  #keep(name: string, text: string): string {
    this.#made.set(text, name);
    return text;
  }
}

/** A port that nothing is known of, and a duration of a minute. */
const LEAST_PORT = 60_000;

const ENDS: ReadonlySet<string> = new Set(['local', 'remote', 'dynamic', 'remoteDynamic', 'to']);
const PATHS: ReadonlySet<string> = new Set(['identity', 'sshConfig']);
const NUMBERS: ReadonlySet<string> = new Set(['port', 'countMax', 'fallbackPorts']);
const DURATIONS: ReadonlySet<string> = new Set(['idle', 'hold', 'deadman', 'giveUpAfter', 'interval', 'keepalive']);
