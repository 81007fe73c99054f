import { nearest } from '../../model/nearest.ts';
import { issueAt, type ShapeIssue } from '../../model/profile-issue.ts';
import { errorAt, type FileError } from '../file-error.ts';
import { list, mapping, scalar, type Mapping, type Part, type Plain, type Scalar } from './part.ts';
import type { StandInBook } from './stand-in-book.ts';
import { ESCAPED, PIECES, type Variable, type Variables } from './variables.ts';

export type Filling = {
  readonly root: Mapping;
  readonly errors: readonly FileError[];
  /** Variables that are used and have no value: without a book their `${name}` stays as it is written. */
  readonly unset: readonly Variable[];
};

/** Text that grows by its variables may not become more than a file may have. */
const MOST_CHARACTERS = 1_000_000;

/**
 * The document with each `${name}` of its values replaced. Keys are never looked at, and values of variables never looked into.
 * `book`: where what has no value gets one for the time being.
 */
export function fillVariables(root: Mapping, variables: Variables, book: StandInBook | null = null): Filling {
  const filler = new Filler(variables, book);
  const filled = filler.fill(root, '') as Mapping;
  return { root: filled, errors: filler.errors, unset: [...filler.unset] };
}

class Filler {
  readonly errors: FileError[] = [];
  readonly unset = new Set<Variable>();
  readonly #variables: Variables;
  readonly #book: StandInBook | null;
  #left = MOST_CHARACTERS;

  constructor(variables: Variables, book: StandInBook | null) {
    this.#variables = variables;
    this.#book = book;
  }

  /** `key`: what the value is the value of, which decides whether a number may become of it. */
  fill(part: Part, key: string): Part {
    if (part.is === 'list')
      return list(
        part.items.map((item) => this.fill(item, key)),
        part.at,
      );
    if (part.is === 'mapping')
      return mapping(new Map([...part.entries].map(([name, entry]) => [name, { ...entry, value: this.fill(entry.value, name) }])), part.at);
    return typeof part.value === 'string' && part.value.includes('${') ? this.#text(part.value, { part, key }) : part;
  }

  #text(text: string, { part, key }: { readonly part: Scalar; readonly key: string }): Scalar {
    const pieces = [...text.matchAll(PIECES)];
    const used = pieces.flatMap(({ 0: piece, 1: name, index }) =>
      piece === ESCAPED ? [] : (this.#find({ name, rest: text.slice(index) }, part) ?? []),
    );
    const names = [...new Set(used.map(({ name }) => name))];
    const [only] = used;
    const whole = only !== undefined && text === `\${${only.name}}` ? (only.value.value ?? this.#book?.whole(only.name, key)) : undefined;
    if (only !== undefined && whole !== undefined) {
      return scalar(suited(whole, key), only.value.at, { names, whole: true, writtenAt: part.at });
    }
    if (!this.#fits(text, used)) return this.#tooLong(part);
    const filled = text.replaceAll(PIECES, (piece: string, name: string | undefined, at: number) =>
      piece === ESCAPED ? '${' : this.#valueOf(name, { key, piece, before: text.slice(0, at), after: text.slice(at + piece.length) }),
    );
    return scalar(filled, part.at, names.length === 0 ? null : { names, whole: false, writtenAt: part.at });
  }

  #valueOf(name: string | undefined, { piece, ...around }: { key: string; piece: string; before: string; after: string }): string {
    const variable = this.#variables.get(name ?? '');
    return String(variable === undefined ? piece : (variable.value.value ?? this.#book?.part(variable.name, around) ?? piece));
  }

  /** `name`: of what is a variable; `rest`: the text from its `${` on. */
  #find({ name, rest }: { readonly name: string | undefined; readonly rest: string }, { at }: Scalar): Variable | null {
    const variable = name === undefined ? undefined : this.#variables.get(name);
    if (variable?.value.value === null) this.unset.add(variable);
    if (variable !== undefined) return variable;
    this.errors.push(errorAt(at, name === undefined ? noVariable(rest) : this.#unknown(name)));
    return null;
  }

  #unknown(name: string): ShapeIssue {
    return issueAt([], 'variable-unknown', { name, nearest: nearest(name, [...this.#variables.keys()]) });
  }

  #fits(text: string, used: readonly Variable[]): boolean {
    this.#left -= used.reduce((sum, { value }) => sum + String(value.value).length, text.length);
    return this.#left >= 0;
  }

  #tooLong(part: Scalar): Scalar {
    this.errors.push(errorAt(part.at, issueAt([], 'variables-too-long', { most: MOST_CHARACTERS })));
    return part;
  }
}

/** As much of it as may be meant. */
const noVariable = (rest: string): ShapeIssue => issueAt([], 'variable-syntax', { text: /^\$\{[^}]{0,20}\}?/.exec(rest)?.[0] ?? rest });

/** The keys that take a number, and the one that takes true or false; every other key takes a text. */
const NUMBERS: ReadonlySet<string> = new Set(['port', 'countMax', 'local', 'remote', 'dynamic', 'remoteDynamic', 'to', 'fallbackPorts']);

/** A value that stands alone becomes what its key takes: `port: ${port}` a number, `user: ${id}` a text, whichever way it was declared. */
function suited(value: Exclude<Plain, null>, key: string): Plain {
  const text = String(value);
  if (NUMBERS.has(key)) return /^(0|[1-9]\d{0,8})$/.test(text) ? Number(text) : value;
  if (key === 'public') return text === 'true' ? true : text === 'false' ? false : value;
  return text;
}
