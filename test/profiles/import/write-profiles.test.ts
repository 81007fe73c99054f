import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { problemOf } from '../../../src/model/problem.ts';
import { writeProfiles } from '../../../src/profiles/import/write-profiles.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tunnels-write-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
function codeOf(act: () => void): string {
  try {
    act();
    return 'done';
  } catch (error) {
    return problemOf(error).code;
  }
}

describe('writing profiles', () => {
  test('makes their folder and leaves nothing else in it', () => {
    const here = join(folder(), 'a', 'b');
    writeProfiles([{ file: join(here, 'x.yaml'), text: 'x' }], { force: false });
    expect(readdirSync(here)).toEqual(['x.yaml']);
    expect(readFileSync(join(here, 'x.yaml'), 'utf8')).toBe('x');
  });

  test.each(['y.yaml', 'y.yml', 'y.json'])('overwrites no %s, and then writes none of them', (name) => {
    const here = folder();
    writeFileSync(join(here, name), 'mine');
    const files = ['x', 'y'].map((one) => ({ file: join(here, `${one}.yaml`), text: 'new' }));
    expect(codeOf(() => writeProfiles(files, { force: false }))).toBe('profile-exists');
    expect(readdirSync(here)).toEqual([name]);
    expect(readFileSync(join(here, name), 'utf8')).toBe('mine');
  });

  test('with force replaces the file, and no profile of another extension', () => {
    const here = folder();
    const files = [{ file: join(here, 'y.yaml'), text: 'new' }];
    writeFileSync(join(here, 'y.yaml'), 'old');
    writeProfiles(files, { force: true });
    expect([readdirSync(here), readFileSync(join(here, 'y.yaml'), 'utf8')]).toEqual([['y.yaml'], 'new']);
    writeFileSync(join(here, 'y.json'), '{}');
    expect(codeOf(() => writeProfiles(files, { force: true }))).toBe('profile-exists');
  });

  test('that fails half-way leaves everything as it was', () => {
    const here = folder();
    writeFileSync(join(here, 'a.yaml'), 'old');
    // Nothing can be made below what is a file.
    writeFileSync(join(here, 'file'), '');
    const files = ['a', 'b', 'file/c'].map((one) => ({ file: join(here, `${one}.yaml`), text: 'new' }));
    expect(codeOf(() => writeProfiles(files, { force: true }))).toBe('profile-unwritable');
    expect(readdirSync(here)).toEqual(['a.yaml', 'file']);
    expect(readFileSync(join(here, 'a.yaml'), 'utf8')).toBe('old');
  });

  test('into a place that is a folder is refused, also with force', () => {
    const here = folder();
    mkdirSync(join(here, 'x.yaml'));
    chmodSync(here, 0o700);
    expect(codeOf(() => writeProfiles([{ file: join(here, 'x.yaml'), text: 'x' }], { force: true }))).toBe('profile-unwritable');
    expect(readdirSync(here)).toEqual(['x.yaml']);
  });
});
