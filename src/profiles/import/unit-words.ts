import { fail, ok, type Result } from '../../model/result.ts';
import type { Spot } from '../compose/part.ts';
import { type Told, told } from './imported.ts';
import type { Word } from './ssh-argv.ts';
import type { UnitLine } from './unit-lines.ts';

/**
 * The words of a value by systemd's rules of quoting (systemd.syntax(7), systemd.service(5) "Command lines"): quotes of either
 * kind, C escapes, `%%`. Any other specifier is filled in by systemd from what only it knows, so it is an error.
 */
export function unitWords({ value, spotAt }: Pick<UnitLine, 'value' | 'spotAt'>): Result<Word[], Told> {
  const words: Word[] = [];
  for (let at = skipSpace(value, 0); at < value.length; at = skipSpace(value, at)) {
    const word = readWord(value, at);
    if (!word.ok) return fail(toldOf(word.error, spotAt(word.error.offset)));
    words.push({ text: word.value.text, at: spotAt(at) });
    at = word.value.end;
  }
  return ok(words);
}

const skipSpace = (text: string, at: number): number => at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0);

type Fault = { readonly offset: number; readonly why: 'open-quote' | 'unit-specifier' | 'unit-escape'; readonly what: string };

const toldOf = ({ why, what }: Fault, at: Spot): Told => (why === 'open-quote' ? told(at, why, {}) : told(at, why, { what }));

const PIECE = /^(?:"((?:\\[\s\S]|[^"\\])*)"|'((?:\\[\s\S]|[^'\\])*)'|((?:\\[\s\S]|[^\s"'\\])+))/;

function readWord(value: string, start: number): Result<{ readonly text: string; readonly end: number }, Fault> {
  let text = '';
  let at = start;
  while (at < value.length && !/\s/.test(value[at] ?? '')) {
    const match = PIECE.exec(value.slice(at));
    if (match === null) return fail({ offset: at, why: 'open-quote', what: '' });
    const raw = match[1] ?? match[2] ?? match[3] ?? '';
    const plain = unescaped(raw, at + (match[3] === undefined ? 1 : 0));
    if (!plain.ok) return plain;
    text += plain.value;
    at += match[0].length;
  }
  return ok({ text, end: at });
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  s: ' ',
  '\\': '\\',
  '"': '"',
  "'": "'",
  ';': ';',
};

function unescaped(raw: string, offset: number): Result<string, Fault> {
  let fault: Fault | null = null;
  const text = raw.replaceAll(/%(.?)|\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([0-7]{3})|([\s\S]))/gi, (whole, ...found) => {
    const [token, x, u, wide, octal, letter] = found as (string | undefined)[];
    const at = offset + (found.at(-2) as number);
    if (token === '%') return '%';
    if (token !== undefined) fault ??= { offset: at, why: 'unit-specifier', what: whole };
    const code = x ?? u ?? wide;
    if (code !== undefined || octal !== undefined)
      return character(code === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(code, 16));
    const plain = ESCAPES[letter ?? ''];
    if (token === undefined && plain === undefined) fault ??= { offset: at, why: 'unit-escape', what: whole };
    return plain ?? '';
  });
  return fault === null ? ok(text) : fail(fault);
}

const character = (code: number): string => (code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : '\uFFFD');
