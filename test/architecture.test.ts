import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { sourcesOf, violations } from './support/architecture.ts';

const sources = sourcesOf(fileURLToPath(new URL('..', import.meta.url)));

describe('the sources', () => {
  test('are seen: a check of nothing would pass', () => {
    expect(sources.size).toBeGreaterThanOrEqual(100);
  });

  test('keep to the layers and to what each layer promises', () => {
    expect(violations(sources)).toEqual([]);
  });
});

describe('a planted breach is found:', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'an import upwards',
      { 'src/model/a.ts': `import { b } from '../decide/b.ts';` },
      'src/model/a.ts imports src/decide/b.ts: model says',
    ],
    ['an import between neighbours', { 'src/ssh/a.ts': `export * from '../profiles/b.ts';` }, 'src/ssh/a.ts imports src/profiles/b.ts'],
    ['an import for its types alone', { 'src/api/a.ts': `import type { B } from '../ssh/b.ts';` }, 'src/api/a.ts imports src/ssh/b.ts'],
    [
      'an import on several lines',
      { 'src/decide/a.ts': `import {\n  b,\n  c,\n} from '../ssh/b.ts';` },
      'src/decide/a.ts imports src/ssh/b.ts',
    ],
    ['a late import', { 'src/cli/a.ts': `await import('../supervisor/b.ts');` }, 'src/cli/a.ts imports src/supervisor/b.ts'],
    ['a folder without a layer', { 'src/utils/a.ts': '' }, 'the folder utils has no place'],
    ['ssh2 outside ssh', { 'src/supervisor/a.ts': `import { Client } from 'ssh2';` }, 'imports ssh2, which is for ssh'],
    ['a file of ssh2 in bin', { 'bin/demo.ts': `import { parseKey } from 'ssh2/lib/protocol/keyParser.js';` }, 'which is for ssh'],
    ['yaml outside profiles', { 'src/cli/a.ts': `import { parse } from 'yaml';` }, 'imports yaml, which is for profiles'],
    ['yargs outside cli', { 'src/supervisor/a.ts': `import yargs from 'yargs';` }, 'imports yargs, which is for cli'],
    ['ora outside cli', { 'src/profiles/a.ts': `const { default: ora } = await import('ora');` }, 'imports ora, which is for cli'],
    ['I/O in model', { 'src/model/a.ts': `import { readFile } from 'node:fs/promises';` }, 'src/model/a.ts uses node:fs/promises'],
    ['a clock in decide', { 'src/decide/a.ts': 'export const now = () => Date.now();' }, 'src/decide/a.ts uses Date'],
    ['a date in model', { 'src/model/a.ts': 'export const now = new Date();' }, 'src/model/a.ts uses Date'],
    ['a timer in decide', { 'src/decide/a.ts': 'setTimeout(() => {}, 1);' }, 'src/decide/a.ts uses timers'],
    ['chance in decide', { 'src/decide/a.ts': 'export const jitter = () => Math.random();' }, 'src/decide/a.ts uses Math.random'],
    ['performance in decide', { 'src/decide/a.ts': 'performance.now();' }, 'src/decide/a.ts uses performance'],
    ['process in model', { 'src/model/a.ts': 'export const home = process.env;' }, 'src/model/a.ts uses process'],
    ['a file that is too long', { 'src/ssh/a.ts': 'a();\n'.repeat(251) }, 'src/ssh/a.ts has 251 lines'],
    ['state of a module', { 'src/ssh/a.ts': 'let count = 0;' }, 'src/ssh/a.ts has a variable of the module'],
    [
      'a compared error text',
      { 'src/ssh/a.ts': `if (error.message.includes('refused')) retry();` },
      `src/ssh/a.ts compares an error's text`,
    ],
    [
      'ssh2 reached from the command line over a detour',
      { 'src/cli/a.ts': `import '../api/b.ts';`, 'src/api/b.ts': `import '../ssh/c.ts';`, 'src/ssh/c.ts': `import 'ssh2';` },
      'src/cli/a.ts reaches ssh2 by src/cli/a.ts → src/api/b.ts → src/ssh/c.ts → ssh2',
    ],
    [
      'the supervisor loaded with the command',
      { 'bin/tunnels.ts': `import { run } from '../src/supervisor/run.ts';`, 'src/supervisor/run.ts': '' },
      'bin/tunnels.ts reaches src/supervisor/run.ts',
    ],
  ])('%s', (_, planted, message) => {
    expect(violations(new Map(Object.entries(planted))).join('\n')).toContain(message);
  });
});

describe('what is allowed is not reported:', () => {
  test.each<[string, Record<string, string>]>([
    ['an import downwards', { 'src/supervisor/a.ts': `import { b } from '../decide/b.ts';` }],
    ['a word in a text or a comment', { 'src/model/a.ts': `// Date.now() is not used\nexport const text = 'ssh2 process.env';` }],
    [
      'the supervisor loaded late by the entry',
      { 'bin/tunnels.ts': `await import('../src/supervisor/run.ts');`, 'src/supervisor/run.ts': '' },
    ],
    ['a package in its own folder', { 'src/ssh/a.ts': `import { Client } from 'ssh2';` }],
  ])('%s', (_, planted) => {
    expect(violations(new Map(Object.entries(planted)))).toEqual([]);
  });
});
