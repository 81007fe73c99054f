import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shellQuoted } from '../../../src/profiles/export/shell-quoted.ts';
import { shellWords } from '../../../src/profiles/import/shell-words.ts';

/** The words that sh(1) itself makes of a text; null: it refuses it. Given only texts in which nothing is to be run or filled in. */
function wordsOfSh(text: string): string[] | null {
  try {
    // A pathname is expanded where one fits: set -f keeps even that off.
    const out = execFileSync('sh', ['-fc', `printf '%s\\0' x ${text}\n`], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
    return out.split('\0').slice(1, -1);
  } catch {
    return null;
  }
}

const texts = (line: string): string[] | null => {
  const parsed = shellWords(line);
  return parsed.ok ? parsed.value.words.map(({ text }) => text) : null;
};

describe('the words of a command', () => {
  test('are those that sh makes of it', () => {
    const piece = fc.constantFrom('a', 'b:1', ' ', '  ', "'", '"', '\\', '*', '[', ']', '#', '=', '\\\n', '\t', '{', '}');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        // A backslash before the end of the text joins it with a line that is not there.
        const line = pieces.join('').replace(/\\+\s*$/, '');
        // What follows a comment is another command.
        fc.pre(!/#[^\n]*\n/.test(line));
        const ours = texts(line);
        if (ours !== null) expect(ours).toEqual(wordsOfSh(line));
        else expect(wordsOfSh(line)).toBeNull();
      }),
      { numRuns: 150 },
    );
  });

  test('come back from their quotes whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: 'binary', minLength: 1 }).filter((word) => !word.includes('\0')),
          { maxLength: 5 },
        ),
        (words) => {
          expect(texts(words.map(shellQuoted).join(' '))).toEqual(words);
        },
      ),
    );
  });

  test('and a shell reads quoted words as they were', () => {
    const words = ["it's", '$HOME', '`id`', 'a b', '*', '~', '-o', 'x=1', '\\', '"', '!', 'a\nb', '#x'];
    expect(wordsOfSh(words.map(shellQuoted).join(' '))).toEqual(words);
  });

  test('end before a comment, and go on in the next line only after a backslash', () => {
    expect(texts('ssh web # the web')).toEqual(['ssh', 'web']);
    expect(texts('\n ssh \\\n web\n')).toEqual(['ssh', 'web']);
    expect(texts('ssh web\nid')).toBeNull();
    expect(texts('ssh # web\nid')).toBeNull();
  });
});
