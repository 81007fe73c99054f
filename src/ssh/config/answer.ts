import { isAlgorithmKey } from './openssh-algorithms.ts';

/** What ssh_config says about one host: lower-case keyword → its values, one for each time it was said. */
export type Answer = ReadonlyMap<string, readonly string[]>;

/**
 * The output of `ssh -G`: a line for each value, the keyword in lower case, then a space, nothing quoted.
 * Lines that are not of this form are passed over, so that a newer ssh cannot break us. A list of algorithms may have
 * nothing in it (`-*`), which is not the same as nothing said.
 */
export function parseAnswer(text: string): Answer {
  const answer = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const [, word, value = ''] = /^([a-z][a-z0-9]*)[ \t]+(.*\S)?\s*$/i.exec(line) ?? [];
    if (word === undefined) continue;
    const key = keywordOf(word);
    if (value !== '' || isAlgorithmKey(key)) append(answer, { key, value });
  }
  return answer;
}

/** A keyword as OpenSSH spells it today (readconf.c, the table of keywords). */
export const keywordOf = (word: string): string => ALIASES[word.toLowerCase()] ?? word.toLowerCase();

const ALIASES: Readonly<Record<string, string>> = {
  challengeresponseauthentication: 'kbdinteractiveauthentication',
  skeyauthentication: 'kbdinteractiveauthentication',
  tisauthentication: 'kbdinteractiveauthentication',
  dsaauthentication: 'pubkeyauthentication',
  pubkeyacceptedkeytypes: 'pubkeyacceptedalgorithms',
};

function append(answer: Map<string, string[]>, { key, value }: { key: string; value: string }): void {
  const values = answer.get(key);
  if (values === undefined) answer.set(key, [value]);
  else values.push(value);
}

/**
 * Splits a list of paths. `ssh -G` prints them with a space between and without quotes, so a space ends a path
 * only where what follows begins like one.
 */
export const splitPaths = (text: string): string[] =>
  text.split(/\s+(?=[/~%$\\]|[A-Za-z]:[\\/]|__PROGRAMDATA__|none$)/).filter((path) => path !== '');
