import { fail, ok, type Result } from '../../model/result.ts';
import { type Told, told } from './imported.ts';
import type { Word } from './ssh-argv.ts';
import type { UnitLine } from './unit-lines.ts';
import { unitWords } from './unit-words.ts';

export type Environment = ReadonlyMap<string, Word>;

/** The variables that a unit sets itself (Environment=); an empty line takes back those above it (systemd.exec(5)). */
export function unitEnvironment(lines: readonly UnitLine[]): Result<Environment, Told> {
  const found = new Map<string, Word>();
  for (const line of lines.filter(({ key }) => key === 'Environment')) {
    if (line.value === '') found.clear();
    const words = unitWords(line);
    if (!words.ok) return words;
    for (const { text, at } of words.value) {
      const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
      if (name !== undefined) found.set(name, { text: value ?? '', at });
    }
  }
  return ok(found);
}

/** `${NAME}` within a word, `$NAME` alone as any number of words, `$$` for a dollar sign (systemd.service(5)). */
export function fillWords(words: readonly Word[], environment: Environment): Result<Word[], Told> {
  const filled: Word[] = [];
  for (const word of words) {
    const unknown = namesIn(word.text).find((name) => !environment.has(name));
    if (unknown !== undefined) return fail(told(word.at, 'unit-variable', { what: `$${unknown}` }));
    filled.push(...filledWord(word, environment));
  }
  return ok(filled);
}

const VARIABLE = /\$\$|\$\{([A-Za-z_]\w*)\}/g;
const ALONE = /^\$([A-Za-z_]\w*)$/;

const namesIn = (text: string): string[] => [
  ...[...text.matchAll(VARIABLE)].flatMap(([, name]) => name ?? []),
  ...(ALONE.exec(text)?.slice(1) ?? []),
];

function filledWord({ text, at }: Word, environment: Environment): Word[] {
  const valueOf = (name: string): string => environment.get(name)?.text ?? '';
  const alone = ALONE.exec(text)?.[1];
  if (alone === undefined)
    return [{ text: text.replaceAll(VARIABLE, (_, name: string | undefined) => (name === undefined ? '$' : valueOf(name))), at }];
  const split = valueOf(alone).split(/\s+/);
  return split.filter((word) => word !== '').map((word) => ({ text: word, at }));
}
