import { type AlgorithmKey, OPENSSH, WEAK } from './openssh-algorithms.ts';
import type { Answer } from './answer.ts';
import { configInvalid } from './config-invalid.ts';
import { matchesPattern } from '../../model/host-patterns.ts';
import type { Asked } from './read-value.ts';

/**
 * A list of algorithms that ssh_config has of its own; null: it has none. `+`, `-` and `^` change OpenSSH 10's list,
 * as in ssh_config(5), whatever ssh is installed here.
 */
export function listOf(asked: Asked, name: string): readonly string[] | null {
  const text = asked.answer.get(name.toLowerCase())?.[0];
  if (text === undefined) return null;
  const key = name.toLowerCase() as AlgorithmKey;
  const names = namesOf(/^[-+^]/.test(text) ? text.slice(1) : text);
  const list = CHANGES[text.charAt(0)]?.(OPENSSH[key], names, key) ?? expand(names, key);
  if (list.length === 0 && INDISPENSABLE.has(key))
    throw configInvalid(asked.hop, `its ${name}${text && ` (${text})`} leaves no algorithm.`);
  return list;
}

/** Without keys or authorities there are other ways to log in and to trust, and some ciphers need no MAC. */
const INDISPENSABLE: ReadonlySet<AlgorithmKey> = new Set(['kexalgorithms', 'hostkeyalgorithms', 'ciphers']);

type Change = (list: readonly string[], names: readonly string[], key: AlgorithmKey) => readonly string[];

const CHANGES: Readonly<Record<string, Change>> = {
  '+': (list, names, key) => unique([...list, ...expand(names, key)]),
  '-': (list, names) => list.filter((name) => !names.some((pattern) => matchesPattern(name, pattern))),
  '^': (list, names, key) => unique([...expand(names, key), ...list]),
};

/** A pattern stands for all that OpenSSH knows of its kind (kex_assemble_names). */
const expand = (names: readonly string[], key: AlgorithmKey): readonly string[] =>
  unique(
    names.flatMap((name) => (/[*?]/.test(name) ? [...OPENSSH[key], ...WEAK[key]].filter((known) => matchesPattern(known, name)) : [name])),
  );

/**
 * What `ssh -G` says without the lists that are merely those of the ssh that is installed: an older one's must not
 * become ours. One that it has prolonged (`+`) or reordered (`^`) becomes that change again. What has become shorter
 * (`-`) cannot be told from a list that was written out, so it stays as it is printed.
 */
export function withoutDefaults(answer: Answer, defaults: Answer): Answer {
  const own = new Map(answer);
  for (const key of Object.keys(OPENSSH)) {
    const [said, theirs] = [answer.get(key)?.[0], defaults.get(key)?.[0]];
    if (said === undefined || theirs === undefined) continue;
    const change = changeOf(namesOf(said), namesOf(theirs));
    if (change === null) own.delete(key);
    else own.set(key, [change]);
  }
  return own;
}

function changeOf(said: readonly string[], theirs: readonly string[]): string | null {
  const more = said.length - theirs.length;
  if (same(said, theirs)) return null;
  if (more > 0 && same(said.slice(0, theirs.length), theirs)) return `+${said.slice(theirs.length).join(',')}`;
  for (let count = 1; count < said.length && more >= 0; count += 1) {
    const head = said.slice(0, count);
    if (same([...head, ...theirs.filter((name) => !head.includes(name))], said)) return `^${head.join(',')}`;
  }
  return said.join(',');
}

const namesOf = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
const same = (one: readonly string[], other: readonly string[]): boolean => one.join(',') === other.join(',');
const unique = (names: readonly string[]): string[] => [...new Set(names)];
