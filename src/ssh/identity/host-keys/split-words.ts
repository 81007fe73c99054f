const SPACE = /[ \t]/;

/**
 * A command line's words as OpenSSH splits them (misc.c, argv_split): no shell, quotes of both kinds, and a backslash
 * only before a quote, a backslash, or a blank outside quotes. Null where a quote is not closed.
 */
export function splitWords(text: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quote === '' && SPACE.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === '\\' && isEscaped(text[at + 1], quote)) word = (word ?? '') + text.charAt((at += 1));
    else if (quote === '' ? char === '"' || char === "'" : char === quote) {
      quote = quote === '' ? char : '';
      word ??= '';
    } else word = (word ?? '') + char;
  }
  if (quote !== '') return null;
  return word === null ? words : [...words, word];
}

const isEscaped = (char: string | undefined, quote: string): boolean =>
  char === "'" || char === '"' || char === '\\' || (quote === '' && char === ' ');
