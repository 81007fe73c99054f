import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../src/cli/registry.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/import-export.md',
  'docs/performance.md',
  'docs/profiles.md',
  'docs/prompts.md',
  'docs/recovery.md',
  'docs/settings.md',
  'docs/ssh-config.md',
  'docs/team-profiles.md',
  'profiles/README.md',
  'src/ARCHITECTURE.md',
];

describe.each(PAGES)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8');

  test('links to nothing that is not there', () => {
    const links = [...text.matchAll(/\]\(([^)#]+)/g)].map(([, link = '']) => link).filter((link) => !/^https?:/.test(link));
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });

  test('names no npm script and no command that there is not', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const run = [...text.matchAll(/\bnpm run (?:--\w+ )?(\w+)/g)].map(([, name = '']) => name);
    expect(run.filter((name) => !(name in scripts))).toEqual([]);
    const known = new Set(COMMANDS.flatMap(({ name, aliases = [] }) => [name, ...aliases]).flatMap((name) => [name, name.split(' ')[0]]));
    const typed = [...text.matchAll(/(?:^|`)tunnels ([a-z]+)/gm)].map(([, name = '']) => name);
    expect(typed.filter((name) => !known.has(name))).toEqual([]);
  });
});
