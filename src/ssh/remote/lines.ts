/**
 * Reads what a script printed: lines of a word and its value. What a server says twice where once is right is not
 * believed, and neither is a number that is none.
 */
export class ScriptLines {
  readonly #lines: readonly string[];

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  /** The value of the only line with that word. */
  one(word: string): string | null {
    const [value, ...more] = this.all(word);
    return value === undefined || more.length > 0 ? null : value;
  }

  all(word: string): string[] {
    return this.#lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1).trim());
  }

  has(line: string): boolean {
    return this.#lines.includes(line);
  }

  number(word: string, max: number): number | null {
    return countIn(this.one(word), max);
  }
}

/** A whole number from 0 to `max`, in plain decimal digits. */
export function countIn(text: string | null | undefined, max: number): number | null {
  if (typeof text !== 'string' || !/^(?:0|[1-9]\d{0,15})$/.test(text)) return null;
  const count = Number(text);
  return count <= max ? count : null;
}
