import { readFile, readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Spot } from '../compose/part.ts';
import { matchesPattern, matchesPatterns } from '../../model/host-patterns.ts';
import { type Told, told } from './imported.ts';
import { type Setting, settingOf, splitSetting, valueWords } from './setting.ts';

export type HostGiven = { readonly host: string; readonly home: string };

/** ssh reads no deeper (readconf.c). */
const DEEPEST = 16;

/**
 * The lines of an ssh_config(5) that hold for one host, in order, with its Include files. Nothing is run and nothing looked
 * up: a `Match` that would need it is passed over, and told.
 */
export class ConfigLines {
  readonly settings: Setting[] = [];
  readonly notes: Told[] = [];
  readonly faults: Told[] = [];
  readonly #given: HostGiven;

  constructor(given: HostGiven) {
    this.#given = given;
  }

  /** `required`: that it cannot be read is an error; an included file may be missing, as for ssh. */
  async read(file: string, { required, depth = 0 }: { readonly required: boolean; readonly depth?: number }): Promise<void> {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (required)
        this.faults.push(
          told({ file, line: 1, column: 1 }, 'unreadable', { why: `The file cannot be read (${error.code ?? 'unknown'}).` }),
        );
      return '';
    });
    let applies = true;
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      const at = { file, line: index + 1, column: line.length - line.trimStart().length + 1 };
      const split = /^\s*(#|$)/.test(line) ? null : splitSetting(line);
      const key = split?.name.toLowerCase();
      if (split === null) continue;
      if (key === 'host') applies = matchesPatterns(this.#given.host, valueWords(split.value));
      else if (key === 'match') applies = this.#matches(valueWords(split.value), { line, at });
      else if (applies && key === 'include') await this.#include(valueWords(split.value), { at, depth });
      else if (applies) this.#take(line, at);
    }
  }

  #take(line: string, at: Spot): void {
    const setting = settingOf(line, { shown: line.trim(), at });
    if (setting !== null) this.settings.push(setting);
  }

  /** `all`, `host` and `originalhost` are known from the name alone. */
  #matches(words: readonly string[], { line, at }: { readonly line: string; readonly at: Spot }): boolean {
    let holds = true;
    for (let index = 0; index < words.length; index += 1) {
      const [criterion = '', attached] = (words[index] ?? '').split(/=(.*)/s);
      const [, not, name = ''] = /^(!?)(.*)$/s.exec(criterion.toLowerCase()) ?? [];
      if (name === 'all') continue;
      if (name !== 'host' && name !== 'originalhost') {
        if (holds) this.notes.push(told(at, 'match-exec', { what: line.trim() }));
        return false;
      }
      const patterns = (attached ?? words[(index += 1)] ?? '').split(',');
      if (matchesPatterns(this.#given.host, patterns) === (not === '!')) holds = false;
    }
    return holds;
  }

  async #include(patterns: readonly string[], { at, depth }: { readonly at: Spot; readonly depth: number }): Promise<void> {
    if (depth >= DEEPEST) return void this.notes.push(told(at, 'include-deep', { what: `Include ${patterns.join(' ')}` }));
    for (const pattern of patterns) {
      for (const file of await filesOf(pattern, this.#given)) await this.read(file, { required: false, depth: depth + 1 });
    }
  }
}

/** Wildcards are known in the last part of the path. */
async function filesOf(pattern: string, { home }: HostGiven): Promise<string[]> {
  const path = pattern.startsWith('~/') ? join(home, pattern.slice(2)) : resolve(home, '.ssh', pattern);
  const wanted = basename(path);
  if (!/[*?]/.test(wanted)) return [path];
  const names = await readdir(dirname(path)).catch(() => []);
  const fitting = names.filter((name) => matchesPattern(name, wanted) && (!name.startsWith('.') || wanted.startsWith('.')));
  return fitting.toSorted().map((name) => join(dirname(path), name));
}
