import { parse, TomlError } from 'smol-toml';
import { fail, ok, type Result } from '../../model/result.ts';
import type { Spot } from '../compose/part.ts';
import { type Told, told } from './imported.ts';

export type Table = Readonly<Record<string, unknown>>;

export function readToml(text: string, file: string): Result<Table, Told> {
  try {
    return ok(parse(text));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return fail(told({ file, line: error.line, column: error.column }, 'toml-syntax', {}));
  }
}

/** One table of a file, read key by key; what is wrong is told with the place of the key. */
export class TableReader {
  readonly faults: Told[] = [];
  readonly notes: Told[] = [];
  readonly #table: Table;
  readonly #spotOf: (key: string) => Spot;

  constructor(table: Table, spotOf: (key: string) => Spot) {
    this.#table = table;
    this.#spotOf = spotOf;
  }

  at(key: string): Spot {
    return this.#spotOf(key);
  }

  has(key: string): boolean {
    return this.#table[key] !== undefined;
  }

  keys(): string[] {
    return Object.keys(this.#table);
  }

  /** Null where it is missing, empty or wrong. */
  text(key: string): string | null {
    return this.#read(key, { wanted: 'a text', of: (value) => (typeof value === 'string' ? value : null) }) || null;
  }

  textOrNumber(key: string): string | null {
    const of = (value: unknown): string | null => (typeof value === 'string' || Number.isInteger(value) ? String(value) : null);
    return this.#read(key, { wanted: 'a text or a whole number', of }) || null;
  }

  number(key: string): number | null {
    return this.#read(key, { wanted: 'a whole number', of: (value) => (Number.isSafeInteger(value) ? (value as number) : null) });
  }

  texts(key: string): string[] {
    const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');
    return this.#read(key, { wanted: 'a list of texts', of: (value) => (isTexts(value) ? value : null) }) ?? [];
  }

  /** What has to be there; a value of the wrong type has been told already. */
  required(key: string, value: string | null): string {
    const isThere = this.has(key) && this.#table[key] !== '';
    if (value === null && !isThere) this.faults.push(told(this.at(key), 'toml-missing', { what: key }));
    return value ?? '';
  }

  /** A value that cannot be used. */
  bad(key: string, wanted: string): null {
    this.faults.push(told(this.at(key), 'toml-value', { what: key, wanted }));
    return null;
  }

  #read<T>(key: string, { wanted, of }: { readonly wanted: string; readonly of: (value: unknown) => T | null }): T | null {
    if (!this.has(key)) return null;
    const value = of(this.#table[key]);
    if (value === null) this.faults.push(told(this.at(key), 'toml-type', { what: key, wanted }));
    return value;
  }
}

type ArrayTable = { readonly name: string; readonly nth: number };

/**
 * Where a key stands in the text: in the `nth` table of an array of tables, or before the first table. The parser does not say, so
 * the lines are looked through; a table that is written in another way is told at its beginning.
 */
export function spotsIn(
  text: string,
  { file, table }: { readonly file: string; readonly table: ArrayTable | null },
): (key: string) => Spot {
  const lines = text.split(/\r?\n/);
  const heads = lines.flatMap((line, index) => (/^\s*\[/.test(line) ? [index] : []));
  const named = table === null ? [] : heads.filter((index) => lines[index]?.replaceAll(/\s/g, '').startsWith(`[[${table.name}]]`));
  const start = table === null ? 0 : (named[table.nth] ?? 0);
  const end = heads.find((index) => index > start || (table === null && index >= start)) ?? lines.length;
  return (key) => {
    const wanted = new RegExp(`^\\s*["']?${key}["']?\\s*=`);
    const found = lines.findIndex((line, index) => index >= start && index < end && wanted.test(line));
    const line = found < 0 ? start : found;
    return { file, line: line + 1, column: (lines[line]?.search(/\S|$/) ?? 0) + 1 };
  };
}
