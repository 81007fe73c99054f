import { type Stats, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Answer } from './answer.ts';
import { askForDefaults, type AskGiven } from './ask-for-hop.ts';

/**
 * What the ssh that is installed says where nothing is configured. Its algorithms are all that is looked at, and they are the
 * program's own, so one answer does for as long as it is the same program.
 */
export class SshDefaults {
  #known: { readonly program: string; readonly answer: Promise<Answer | null> } | null = null;

  /** Null: none is installed. */
  ask({ env, signal }: Pick<AskGiven, 'env' | 'signal'>): Promise<Answer | null> {
    const program = identityOfSsh(env['PATH'] ?? '');
    if (program === null) return askForDefaults({ env, signal });
    if (this.#known?.program === program) return this.#known.answer;
    // Others may wait for it too, so that who asks first cannot call it off.
    const answer = askForDefaults({ env, signal: new AbortController().signal });
    const known = { program, answer };
    this.#known = known;
    const forget = (): void => void (this.#known === known && (this.#known = null));
    answer.then((found) => found ?? forget(), forget);
    return answer;
  }
}

/** Where it is found and which file that is; null: not found in this way. */
function identityOfSsh(path: string): string | null {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, 'ssh');
    const stats = folder.startsWith('/') ? statsOf(file) : null;
    if (stats?.isFile()) return JSON.stringify([file, stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs]);
  }
  return null;
}

/** A folder that may not be looked into is passed over, as execvp(3) does. */
function statsOf(file: string): Stats | null {
  try {
    return statSync(file);
  } catch {
    return null;
  }
}
