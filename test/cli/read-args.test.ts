import { describe, expect, test } from 'vitest';
import { defineCommand } from '../../src/cli/command.ts';
import { readArgs } from '../../src/cli/read-args.ts';
import { problemOf } from '../../src/model/problem.ts';

const command = defineCommand({
  name: 'look',
  usage: ['look <thing> [more]'],
  describe: '',
  examples: [],
  words: { least: 1, most: 2 },
  options: { wait: { type: 'number' }, all: { type: 'boolean' } },
  run: async () => 0,
});
const codeOf = async (argv: readonly string[]): Promise<string> =>
  await readArgs(command, argv).then(
    () => 'none',
    (error: unknown) => problemOf(error).code,
  );

describe('what follows the name of a command', () => {
  test.each([[['one']], [['one', 'two words']], [['007', '1e3']], [['a.b', 'true']]])('%j is words, as they were typed', async (argv) => {
    expect(await readArgs(command, argv)).toEqual({ words: argv, flags: {} });
  });

  test.each([[['one', '']], [['a=b', '"c"']], [['x:1', '../y']]])('%j is the same words whether an option follows or not', async (argv) => {
    expect((await readArgs(command, argv)).words).toEqual((await readArgs(command, [...argv, '--all'])).words);
  });

  test('has its options read wherever they stand', async () => {
    expect(await readArgs(command, ['--wait', '5', 'one', '--json', 'two'])).toEqual({
      words: ['one', 'two'],
      flags: { wait: 5, json: true },
    });
    expect((await readArgs(command, ['--', '--one'])).words).toEqual(['--one']);
  });

  test('is refused where there are too few words or too many, with options and without', async () => {
    for (const rest of [[], ['--all']]) {
      expect(await codeOf(rest)).toBe('words-missing');
      expect(await codeOf(['1', '2', '3', ...rest])).toBe('words-unexpected');
    }
    expect(await codeOf(['one', '--nothing'])).toBe('option-unknown');
  });
});
