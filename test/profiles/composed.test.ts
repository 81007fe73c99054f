import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadProfile } from '../../src/profiles/load-profile.ts';
import { readOverlay } from '../../src/profiles/overlay/read-overlay.ts';

/**
 * A case is files, each below a line `=== name`, a line of ten dashes, and what comes of the first of them:
 * `file:line:column text` of each error, or the document as JSON, and then `file:line:column text` of each warning.
 * A file `overrides.yaml` is the person's own.
 */
const CASES = new URL('composed/', import.meta.url);
const names = (await readdir(CASES)).filter((name) => name.endsWith('.case')).toSorted();

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunnels-composed-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function outcomeOf(files: string): Promise<unknown[]> {
  const parts = files.split(/^=== (.*)\n/m).slice(1);
  const named = parts.flatMap((name, index) => (index % 2 === 0 ? [[name, parts[index + 1] ?? ''] as const] : []));
  for (const [name, text] of named) await write(name, text);
  const overlay = await readOverlay(folder);
  if (!overlay.ok) return overlay.error.map(printed);
  const loaded = await loadProfile(join(folder, named[0]?.[0] ?? ''), { home: '/home/ann', overlay: overlay.value });
  return loaded.ok ? [shortened(loaded.value.document), ...loaded.value.warnings.map(printed)] : loaded.error.map(printed);
}

async function write(name: string, text: string): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

const printed = ({ file, line, column, text }: { file: string; line: number; column: number; text: string }): string =>
  short(`${file}:${line}:${column} ${text}`);
const short = (text: string): string => text.replaceAll(`${folder}/`, '');
const shortened = (document: object): unknown => JSON.parse(short(JSON.stringify(document)));

function expectedOf(text: string): unknown[] {
  if (!text.startsWith('{')) return text.trim().split('\n');
  const end = text.indexOf('\n}') + 2;
  return [JSON.parse(text.slice(0, end)), ...text.slice(end).trim().split('\n').filter(Boolean)];
}

describe('a profile is made of its files, or every error of all of them is told with its place', () => {
  test.for(names)('%s', async (name) => {
    const [files = '', expected = ''] = (await readFile(new URL(name, CASES), 'utf8')).split(/^-{10}\n/m);
    expect(await outcomeOf(files)).toEqual(expectedOf(expected));
  });
});
