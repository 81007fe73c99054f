import type { Spot } from '../compose/part.ts';

/** A keyword of ssh_config(5) and its value, wherever it was said. */
export type Setting = {
  /** As it is written in ssh_config(5). */
  readonly name: string;
  readonly value: string;
  /** As the source has it, for what is told of it. */
  readonly shown: string;
  readonly at: Spot | null;
};

export const keyOf = ({ name }: Pick<Setting, 'name'>): string => name.toLowerCase();

/** `Key=value`, `Key = value` or `Key value`, as ssh(1) -o and a line of ssh_config(5) have it; null: neither. */
export function splitSetting(text: string): { readonly name: string; readonly value: string } | null {
  const [, name, value] = /^\s*([A-Za-z][A-Za-z0-9]*)(?:\s*=\s*|\s+)(.*?)\s*$/s.exec(text) ?? [];
  return name === undefined || value === undefined || value === '' ? null : { name, value };
}

/** The words of a value: quotes keep spaces, a backslash keeps quotes and itself, # begins a comment (argv_split() of OpenSSH). */
export function valueWords(value: string): string[] {
  const words: string[] = [];
  for (const [piece] of value.matchAll(/(?:"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|\\.|[^\s"'\\])+/gs)) {
    if (piece.startsWith('#')) break;
    words.push(piece.replaceAll(/\\(["'\\ ])|["']/g, '$1'));
  }
  return words;
}

/** The two ends of LocalForward and RemoteForward stand apart in a file, and joined after -L and -R. */
export const isForward = (key: string): boolean => key === 'localforward' || key === 'remoteforward' || key === 'dynamicforward';

/** A setting of a file or of -o; the value of a forward in the form that -L, -R and -D take. */
export function settingOf(text: string, { shown, at }: Pick<Setting, 'shown' | 'at'>): Setting | null {
  const split = splitSetting(text);
  if (split === null) return null;
  const value = isForward(split.name.toLowerCase()) ? valueWords(split.value).join(':') : split.value;
  return { name: split.name, value, shown, at };
}
