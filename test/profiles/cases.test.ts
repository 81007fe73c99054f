import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadProfile } from '../../src/profiles/load-profile.ts';

/** A case is a profile, a line of ten dashes, and what comes of it: `line:column text` of each error, or the profile as JSON. */
const CASES = new URL('cases/', import.meta.url);
const names = (await readdir(CASES)).filter((name) => name.endsWith('.case')).toSorted();
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunnels-cases-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function outcomeOf(yaml: string): Promise<unknown> {
  const file = join(folder, 'case.yaml');
  await writeFile(file, yaml);
  const loaded = await loadProfile(file, { home: '/home/ann' });
  return loaded.ok ? loaded.value.profile : loaded.error.map(({ line, column, text }) => `${line}:${column} ${text}`);
}

const expectedOf = (text: string): unknown => (text.startsWith('{') ? JSON.parse(text) : text.trim().split('\n'));

describe('a profile in a file is read, or every error of it is told with its place', () => {
  test.for(names)('%s', async (name) => {
    const [yaml = '', expected = ''] = (await readFile(new URL(name, CASES), 'utf8')).split(/^-{10}\n/m);
    expect(await outcomeOf(yaml)).toEqual(expectedOf(expected));
  });

  test('no message repeats a secret', async () => {
    const [yaml = ''] = (await readFile(new URL('secrets.case', CASES), 'utf8')).split(/^-{10}\n/m);
    const outcome = JSON.stringify(await outcomeOf(yaml));
    expect(outcome).not.toContain('hunter2');
    expect(outcome).not.toContain('BEGIN');
  });
});
