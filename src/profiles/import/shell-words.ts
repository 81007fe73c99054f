import { fail, ok, type Result } from '../../model/result.ts';

export type ShellWord = { readonly text: string; readonly offset: number };
export type ShellTrouble = { readonly is: 'open-quote' } | { readonly is: 'syntax'; readonly text: string };
export type ShellWords = { readonly words: readonly ShellWord[]; readonly background: boolean };

/**
 * The words of one simple command of sh(1), by its rules of quoting (POSIX.1-2024, XCU 2.2). Nothing is expanded and nothing
 * is run: whatever a shell would act upon (`$`, backticks, `|`, `;`, redirections) is an error. An `&` at the end
 * is allowed, as a pasted line often has one.
 */
export function shellWords(line: string): Result<ShellWords, ShellTrouble & { readonly offset: number }> {
  const words: ShellWord[] = [];
  let at = /^\s*/.exec(line)?.[0].length ?? 0;
  for (;;) {
    at += BETWEEN.exec(line.slice(at))?.[0].length ?? 0;
    const rest = line.slice(at);
    if (/^(?:\s*#[^\n]*(?:\n|$))*\s*$/.test(rest)) return ok({ words, background: false });
    if (/^&\s*$/.test(rest)) return ok({ words, background: true });
    if (/^(?:#[^\n]*)?\r?\n/.test(rest)) return fail({ is: 'syntax', text: rest.replace(/^[^\n]*\n\s*/, '').slice(0, 20), offset: at });
    const word = readWord(line, at);
    if (!word.ok) return word;
    words.push({ text: word.value.text, offset: at });
    at = word.value.end;
  }
}

/** A backslash before the end of a line joins it with the next. */
const BETWEEN = /^(?:[ \t]|\\\r?\n)+/;

/**
 * One piece of a word: `'...'`, `"..."`, an escaped character, or characters that mean themselves. Wildcards do too, as in
 * `*:8080:host:80`: a shell leaves them alone where no file fits.
 */
const PIECE = /^(?:'([^']*)'|"((?:\\[\s\S]|[^"\\$`])*)"|\\\r?\n|\\([\s\S])|([^\s'"\\$`|&;<>()]+))/;

type ReadWord = { readonly text: string; readonly end: number };

function readWord(line: string, start: number): Result<ReadWord, ShellTrouble & { readonly offset: number }> {
  let text = '';
  let at = start;
  while (at < line.length && !/\s/.test(line[at] ?? '')) {
    const match = PIECE.exec(line.slice(at));
    if (match === null) return fail({ ...troubleAt(line.slice(at)), offset: at });
    const [whole, single, double, escaped, plain] = match;
    text += single ?? double?.replaceAll(/\\([$`"\\])|\\\r?\n/g, '$1') ?? escaped ?? plain ?? '';
    at += whole.length;
  }
  return ok({ text, end: at });
}

function troubleAt(rest: string): ShellTrouble {
  const isClosed = /^(?:'[^']*'|"(?:\\[\s\S]|[^"\\])*")/.test(rest);
  if (/^["']/.test(rest) && !isClosed) return { is: 'open-quote' };
  return { is: 'syntax', text: /[$`].{0,20}/.exec(rest.startsWith('"') ? rest : '')?.[0] ?? rest.slice(0, 20).split(/\s/)[0] ?? '' };
}
