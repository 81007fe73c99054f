import { issueAt } from '../../model/profile-issue.ts';
import { errorAt, type FileError } from '../file-error.ts';
import { wordFor, type Entry, type Mapping, type Scalar, type Spot } from './part.ts';

/** A variable of a profile and what it stands for; null: everybody has to give it a value. */
export type Variable = { readonly name: string; readonly declared: Spot; readonly value: Scalar };
export type Variables = ReadonlyMap<string, Variable>;

/** The variables that documents declare, the nearest first, and what is wrong with any of the declarations. */
export function declaredVariables(documents: readonly Mapping[]): { readonly variables: Variables; readonly errors: readonly FileError[] } {
  const read = documents.map(variablesOf);
  // The farthest first, so that nearer ones take their place.
  const all = read.toReversed().flatMap(({ variables }) => variables.map((variable) => [variable.name, variable] as const));
  return { variables: new Map(all), errors: read.flatMap(({ errors }) => errors) };
}

type Read = { readonly variables: readonly Variable[]; readonly errors: readonly FileError[] };

function variablesOf(document: Mapping): Read {
  const declared = document.entries.get('variables')?.value;
  if (declared === undefined) return { variables: [], errors: [] };
  if (declared.is !== 'mapping') {
    const got = wordFor(declared);
    return {
      variables: [],
      errors: [errorAt(declared.at, issueAt([], 'wrong-type', { key: 'variables', expected: 'a mapping of names to values', got }))],
    };
  }
  const read = [...declared.entries].map(([name, entry]) => readVariable(name, entry));
  return {
    // One that is wrong is declared all the same, so that its uses are not told as errors too.
    variables: [...declared.entries].flatMap(([name, { key, value }]) =>
      value.is === 'scalar' ? [{ name, declared: key, value }] : [{ name, declared: key, value: { ...NOTHING, at: key } }],
    ),
    errors: read.flat(),
  };
}

const NOTHING = { is: 'scalar', value: '', filled: null } as const;

export const isVariableName = (name: string): boolean => /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name);

function readVariable(name: string, { key, value }: Entry): FileError[] {
  if (!isVariableName(name)) return [errorAt(key, issueAt([], 'variable-name', { name }))];
  if (value.is !== 'scalar') return [errorAt(value.at, issueAt([], 'variable-value', { name }))];
  if (typeof value.value === 'string' && usesVariable(value.value)) return [errorAt(value.at, issueAt([], 'variable-nested', { name }))];
  return [];
}

/** What a text in a file may hold of variables: an escaped `$${`, a `${name}`, or a `${` that is neither. */
export const PIECES = /\$\$\{|\$\{([A-Za-z][A-Za-z0-9_-]{0,63})\}|\$\{/g;

/** True for a text with a `${` that is not escaped. */
export const usesVariable = (text: string): boolean => [...text.matchAll(PIECES)].some(([piece]) => piece !== ESCAPED);

/** How a `${` that means itself is written. */
export const ESCAPED = '$${';
