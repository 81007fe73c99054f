import { fail, ok, type Result } from '../../model/result.ts';
import type { Spot } from '../compose/part.ts';
import { type Told, told } from './imported.ts';

export type Word = { readonly text: string; readonly at: Spot | null };
export type Flag = { readonly is: 'flag'; readonly letter: string; readonly value: string | null; readonly at: Spot | null };

export type SshArgv = {
  /** In the order in which they are given, as ssh takes the first of what is said twice; the destination is among them. */
  readonly items: readonly (Flag | ({ readonly is: 'destination' } & Word))[];
  /** What ssh would run on the server. */
  readonly command: readonly Word[];
};

/** The options of ssh(1) that take a value; the others stand alone. */
const WITH_VALUE = 'BbcDEeFIiJLlmOoPpQRSWw';
const ALONE = '1246AaCfGgKkMNnqsTtVvXxYy';

type Given = { readonly program: 'ssh' | 'autossh' };

/**
 * Reads the words after `ssh` as its main() does: options may stand on both sides of the destination, `--` ends them, and
 * what follows is the command. autossh(1) has the same options, and an -M that takes a value.
 */
export function readSshArgv(words: readonly Word[], { program }: Given): Result<SshArgv, Told> {
  const withValue = program === 'autossh' ? `${WITH_VALUE}M` : WITH_VALUE;
  const items: SshArgv['items'][number][] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as Word;
    if (word.text === '--') return ok(ended(items, words.slice(at + 1)));
    if (isOption(word)) {
      const cluster = readCluster(word, { following: words[at + 1], withValue });
      if (!cluster.ok) return cluster;
      items.push(...cluster.value.flags);
      at += cluster.value.used;
    } else if (hasDestination(items)) return ok({ items, command: words.slice(at) });
    else items.push({ is: 'destination', ...word });
  }
  return ok({ items, command: [] });
}

/** A lone dash is a word, as getopt(3) has it. */
const isOption = ({ text }: Word): boolean => text.startsWith('-') && text !== '-';
const hasDestination = (items: SshArgv['items']): boolean => items.some(({ is }) => is === 'destination');

function ended(items: readonly SshArgv['items'][number][], rest: readonly Word[]): SshArgv {
  const [first, ...others] = rest;
  if (first === undefined || hasDestination(items)) return { items, command: rest };
  return { items: [...items, { is: 'destination', ...first }], command: others };
}

type Cluster = { readonly flags: readonly Flag[]; readonly used: 0 | 1 };

/** `-NfL8080:h:80`: several options in one word; the first that takes a value takes the rest, or the next word. */
function readCluster(
  { text, at }: Word,
  { following, withValue }: { readonly following: Word | undefined; readonly withValue: string },
): Result<Cluster, Told> {
  const flags: Flag[] = [];
  for (let index = 1; index < text.length; index += 1) {
    const letter = text[index] ?? '';
    if (withValue.includes(letter)) return lastOf(flags, { letter, attached: text.slice(index + 1), following, at });
    if (!ALONE.includes(letter)) return fail(told(at, 'bad-flag', { what: text.startsWith('--') ? text : `-${letter}` }));
    flags.push({ is: 'flag', letter, value: null, at });
  }
  return ok({ flags, used: 0 });
}

type Last = { readonly letter: string; readonly attached: string; readonly following: Word | undefined; readonly at: Spot | null };

function lastOf(flags: readonly Flag[], { letter, attached, following, at }: Last): Result<Cluster, Told> {
  if (attached !== '') return ok({ flags: [...flags, { is: 'flag', letter, value: attached, at }], used: 0 });
  if (following === undefined) return fail(told(at, 'value-missing', { what: `-${letter}` }));
  return ok({ flags: [...flags, { is: 'flag', letter, value: following.text, at: following.at }], used: 1 });
}
