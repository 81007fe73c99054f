import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { problemOf } from '../../src/model/problem.ts';
import { makeClosedDir, makePrivateDir } from '../../src/platform/private-dir.ts';
import { tempDir } from '../support/temp-home.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;
const codeFrom = (act: () => void): unknown => {
  try {
    act();
    return null;
  } catch (error) {
    return problemOf(error);
  }
};
const unusable = (path: string, code: string) => ({ code: 'directory-unusable', facts: { path, code } });

describe('a directory of our own', () => {
  test('is made with all above it, for its owner only, whatever the umask', () => {
    const path = join(tempDir(), 'a', 'b');
    const before = process.umask(0);
    makePrivateDir(path);
    process.umask(before);
    expect(modeOf(path)).toBe(0o700);
    expect(modeOf(join(path, '..'))).toBe(0o700);
  });

  test('stays readable for others where they could look before, unless it is to be closed', () => {
    const path = tempDir();
    chmodSync(path, 0o755);
    makePrivateDir(path);
    expect(modeOf(path)).toBe(0o755);
    makeClosedDir(path);
    expect(modeOf(path)).toBe(0o700);
  });

  test('is refused, and left as it is, where others may write', () => {
    const path = tempDir();
    chmodSync(path, 0o775);
    expect(codeFrom(() => makeClosedDir(path))).toEqual(unusable(path, 'EMODE'));
    expect(modeOf(path)).toBe(0o775);
  });

  test('is refused where it belongs to somebody else', () => {
    const path = join(tempDir(), 'x');
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, 12_345, 12_345);
    expect(codeFrom(() => makePrivateDir(path))).toEqual(unusable(path, 'EOWNER'));
  });

  test('is refused where a file or a link to nowhere is in the way', () => {
    const path = tempDir();
    writeFileSync(join(path, 'file'), '');
    symlinkSync(join(path, 'missing', 'deeper'), join(path, 'link'));
    expect(codeFrom(() => makePrivateDir(join(path, 'file')))).toEqual(unusable(join(path, 'file'), 'EEXIST'));
    expect(codeFrom(() => makePrivateDir(join(path, 'file', 'below')))).toEqual(unusable(join(path, 'file', 'below'), 'ENOTDIR'));
    expect(codeFrom(() => makePrivateDir(join(path, 'link')))).toMatchObject({ code: 'directory-unusable' });
  });

  test('is refused at once where the system makes no directory of any name', () => {
    expect(codeFrom(() => makePrivateDir('/proc/tunnels/deeper'))).toEqual(unusable('/proc/tunnels/deeper', 'ENOENT'));
  });
});
