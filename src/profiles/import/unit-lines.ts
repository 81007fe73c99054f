import type { Spot } from '../compose/part.ts';

/** One assignment of a unit file, with the place of every character of its value. */
export type UnitLine = {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly at: Spot;
  readonly spotAt: (offset: number) => Spot;
};

/** The assignments of a systemd unit file (systemd.syntax(7)): comments are left out, continued lines are joined by a space. */
export function unitLines(text: string, file: string): UnitLine[] {
  const found: UnitLine[] = [];
  let section = '';
  for (const pieces of logicalLines(text.split(/\r?\n/), file)) {
    const whole = pieces.map((piece) => piece.text).join(' ');
    const head = /^\[([^\]]*)\]\s*$/.exec(whole);
    const [, key, gap] = /^([^=\s]+)\s*=(\s*)/.exec(whole) ?? [];
    if (head !== null) section = head[1] ?? '';
    else if (key !== undefined) {
      const start = whole.indexOf('=') + 1 + (gap ?? '').length;
      const spotAt = (offset: number): Spot => spotIn(pieces, start + offset);
      found.push({ section, key, value: whole.slice(start).trimEnd(), at: spotIn(pieces, 0), spotAt });
    }
  }
  return found;
}

type Piece = { readonly text: string; readonly at: Spot };

function logicalLines(lines: readonly string[], file: string): Piece[][] {
  const found: Piece[][] = [];
  let open: Piece[] | null = null;
  for (const [index, line] of lines.entries()) {
    // A comment between continued lines belongs to neither.
    if (/^\s*[#;]/.test(line) || (open === null && line.trim() === '')) continue;
    const indent: number = open === null ? line.length - line.trimStart().length : 0;
    const text: string = line.slice(indent).replace(/\\$/, '');
    open = [...(open ?? []), { text, at: { file, line: index + 1, column: indent + 1 } }];
    if (line.endsWith('\\')) continue;
    found.push(open);
    open = null;
  }
  return open === null ? found : [...found, open];
}

function spotIn(pieces: readonly Piece[], offset: number): Spot {
  let left = offset;
  for (const { text, at } of pieces) {
    if (left <= text.length) return { ...at, column: at.column + left };
    left -= text.length + 1;
  }
  const last = pieces.at(-1) as Piece;
  return { ...last.at, column: last.at.column + last.text.length };
}
