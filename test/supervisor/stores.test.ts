import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProblemError, problemOf } from '../../src/model/problem.ts';
import type { StoreNeeds } from '../../src/supervisor/stores.ts';
import { openWantedStore, type WantedTunnel } from '../../src/supervisor/wanted-store.ts';
import { fakeClock, type FakeClock } from '../support/fake-clock.ts';
import { must, run } from '../support/run.ts';
import { tempDir } from '../support/temp-home.ts';
import { memoryLog } from './memory-log.ts';

const tunnel = (name: string, profile: Record<string, unknown> = { 'a.b': { 'c.d': 1 } }): WantedTunnel => ({
  name,
  wanted: 'up',
  profile,
  origin: 'file',
});
const codes = (needs: StoreNeeds): string[] => needs.log.recent().map(({ event }) => event);
const trouble = (act: () => void) => {
  try {
    act();
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(ProblemError);
    return problemOf(error);
  }
};

let directory: string;
let clock: FakeClock;
let needs: StoreNeeds;
const file = (): string => join(directory, 'wanted.json');
const aside = (): string[] => readdirSync(directory).filter((name) => name.includes('.aside-'));
beforeEach(() => {
  directory = tempDir();
  clock = fakeClock();
  needs = { directory, clock, log: memoryLog() };
});

describe('the wanted state', () => {
  test('is there again after a restart, whatever the keys of its profiles', () => {
    const store = openWantedStore(needs);
    store.put(tunnel('db'));
    store.put(tunnel('v1.2', { __internal__: { x: 1 } }));
    store.put({ ...tunnel('db'), wanted: 'down' });
    store.put(tunnel('web'));
    store.remove('web');
    expect(openWantedStore(needs).all()).toEqual([tunnel('v1.2', { __internal__: { x: 1 } }), { ...tunnel('db'), wanted: 'down' }]);
    expect(codes(needs)).toEqual([]);
  });

  test('is a file for its owner only, and nothing else stays beside it', () => {
    openWantedStore(needs).put(tunnel('db'));
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['wanted.json']);
  });

  test('writes nothing before something is wanted', () => {
    openWantedStore(needs);
    expect(readdirSync(directory)).toEqual([]);
  });

  test.each([
    ['torn', '{"schemaVersion":1,"value":[{"na'],
    ['empty', ''],
    ['foreign', '<html>'],
    ['of another shape', '{"schemaVersion":1,"value":[{"name":3}]}'],
    ['of a newer version', '{"schemaVersion":2,"value":[]}'],
  ])('that is %s is kept aside as it was, said, and starts empty', (_, text) => {
    writeFileSync(file(), text);
    writeFileSync(join(directory, 'other.json'), 'untouched');
    const store = openWantedStore(needs);
    expect(store.all()).toEqual([]);
    expect(aside()).toHaveLength(1);
    expect(readFileSync(join(directory, aside()[0]!), 'utf8')).toBe(text);
    expect(codes(needs)).toEqual(['state-set-aside']);
    store.put(tunnel('db'));
    expect(openWantedStore(needs).all()).toEqual([tunnel('db')]);
    expect(readFileSync(join(directory, 'other.json'), 'utf8')).toBe('untouched');
  });

  test('is read from the copy when a crash left only a part of the file', () => {
    openWantedStore(needs).put(tunnel('db'));
    const whole = readFileSync(file(), 'utf8');
    writeFileSync(`${file()}.next`, whole);
    writeFileSync(file(), whole.slice(0, 20));
    expect(openWantedStore(needs).all()).toEqual([tunnel('db')]);
    expect(aside()).toEqual([]);
  });
});

describe('on a disk', () => {
  const mounted: string[] = [];
  const disk = async (): Promise<void> => {
    await must('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', directory]);
    mounted.push(directory);
  };
  const fill = (): void => {
    // Block by block, as the last free one would take a whole small file.
    for (const size of [4096, 1]) {
      for (let i = 0; ; i += 1) {
        try {
          writeFileSync(join(directory, `fill-${size}-${i}`), Buffer.alloc(size));
        } catch {
          break;
        }
      }
    }
  };
  const drain = (): void =>
    readdirSync(directory)
      .filter((name) => name.startsWith('fill-'))
      .forEach((name) => rmSync(join(directory, name)));
  afterEach(async () => {
    for (const path of mounted.splice(0)) await run('umount', [path]);
  });

  test('that is full, a change is kept in memory, refused aloud, and the old file stays whole', async () => {
    await disk();
    const store = openWantedStore(needs);
    store.put(tunnel('db'));
    fill();
    expect(trouble(() => store.put(tunnel('web')))).toEqual({ code: 'state-unwritable', facts: { path: file(), code: 'ENOSPC' } });
    expect(store.all()).toEqual([tunnel('db'), tunnel('web')]);
    expect(openWantedStore(needs).all()).toEqual([tunnel('db')]);
    expect(codes(needs)).toEqual(['state-unwritable']);
    expect(existsSync(`${file()}.next`)).toBe(false);

    drain();
    await clock.advance(30_000);
    expect(openWantedStore(needs).all()).toEqual([tunnel('db'), tunnel('web')]);
    expect(clock.pending()).toEqual([]);
  });

  test('that stays full, it is tried again until there is room, and told each time', async () => {
    await disk();
    const store = openWantedStore(needs);
    fill();
    trouble(() => store.put(tunnel('db')));
    await clock.advance(60_000);
    expect(codes(needs)).toEqual(['state-unwritable', 'state-unwritable', 'state-unwritable']);
    store.close();
    expect(clock.pending()).toEqual([]);
  });

  test('that is mounted read-only, a change is kept in memory and refused aloud', async () => {
    await disk();
    const store = openWantedStore(needs);
    await must('mount', ['-o', 'remount,ro', directory]);
    expect(trouble(() => store.put(tunnel('db')))).toMatchObject({ code: 'state-unwritable', facts: { code: 'EROFS' } });
    expect(store.all()).toEqual([tunnel('db')]);
    store.close();
  });
});
