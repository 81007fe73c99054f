import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { LogLine } from '../../src/api/contract.ts';
import { readLogLines } from '../../src/api/log-files.ts';
import { problem } from '../../src/model/problem.ts';
import { createLog, type Log, type LogNeeds, RECENT_LINES } from '../../src/supervisor/log.ts';
import { openLogFile } from '../../src/supervisor/log-file.ts';
import { followLog } from '../../src/supervisor/log-follow.ts';
import { tempDir } from '../support/temp-home.ts';
import { until } from '../support/until.ts';

let directory: string;
let time: number;
beforeEach(() => {
  directory = tempDir();
  time = Date.UTC(2026, 0, 1);
});
const now = (): number => time;
const open = (more: Partial<LogNeeds> = {}): Log =>
  createLog({ now, level: 'info', earlier: [], file: openLogFile(directory, now), ...more });
const texts = (lines: readonly LogLine[]): string[] => lines.map(({ text }) => text);

describe('the log', () => {
  test('is JSON lines in a file for its owner only', async () => {
    const log = open();
    log.info('linked', { tunnel: 'db', text: 'one\ntwo' });
    log.debug('detail', { text: 'left out' });
    await log.close();
    const path = join(directory, 'supervisor.log');
    expect(readFileSync(path, 'utf8')).toBe(
      '{"time":"2026-01-01T00:00:00.000Z","level":"info","tunnel":"db","event":"linked","text":"one\\ntwo"}\n',
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('says a problem in words, under its code, as an error only where a person is needed', async () => {
    const log = open({ level: 'debug' });
    log.problem(problem('link-closed', { host: 'h' }), { tunnel: 'db' });
    log.problem(problem('login-refused', { host: 'h', user: 'u', ssh: 'ann@bastion', tried: 'key' }));
    expect(log.recent().map(({ level, event, tunnel }) => [level, event, tunnel])).toEqual([
      ['warn', 'link-closed', 'db'],
      ['error', 'login-refused', null],
    ]);
    await log.close();
  });

  test('has nothing in it that could steer the terminal of its reader, whoever wrote it', async () => {
    const log = open();
    log.info('e', { text: 'a\u001b[2J\u009b\u0007b\u202e\nc' });
    expect(texts(log.recent())).toEqual(['a?[2J??b?\nc']);
    await log.close();
  });

  test('keeps a bounded number of lines in memory', async () => {
    const log = open();
    for (let i = 0; i < RECENT_LINES + 10; i += 1) log.info('e', { text: String(i) });
    expect(log.recent()).toHaveLength(RECENT_LINES);
    expect(log.recent()[0]?.text).toBe('10');
    await log.close();
  });

  test('rotates: five files of 5 MB at most, readable in order', async () => {
    const log = open();
    const block = 'x'.repeat(200_000);
    for (let i = 0; i < 200; i += 1) {
      log.info('e', { text: `${i} ${block}` });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await log.close();
    const files = readdirSync(directory).filter((name) => name.startsWith('supervisor.log'));
    expect(files.length).toBeGreaterThan(1);
    expect(files.length).toBeLessThanOrEqual(5);
    for (const file of files) expect(statSync(join(directory, file)).size).toBeLessThan(7_000_000);
    const numbers = texts(await readLogLines(directory, { lines: 60 })).map((text) => Number.parseInt(text, 10));
    expect(numbers).toHaveLength(60);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  test('survives that its directory is removed, and goes on once it may', async () => {
    const log = open();
    log.info('e', { text: 'before' });
    await until(() => existsSync(join(directory, 'supervisor.log')), { what: 'the file' });
    rmSync(directory, { recursive: true });
    writeFileSync(directory, 'in the way');
    time += 60_000;
    for (let i = 0; i < 10; i += 1) log.info('e', { text: 'lost' });
    await new Promise((resolve) => setImmediate(resolve));
    rmSync(directory);
    mkdirSync(directory, { mode: 0o700 });
    await until(
      async () => {
        time += 60_000;
        log.info('e', { text: 'after' });
        return (await readLogLines(directory, {})).length > 0;
      },
      { what: 'a new file' },
    );
    expect(texts(await readLogLines(directory, {}))).toContain('after');
    await log.close();
  });
});

describe('reading the log', () => {
  const line = (minute: number, text: string, tunnel: string | null = null): string =>
    JSON.stringify({ time: `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`, level: 'info', tunnel, event: 'e', text });
  beforeEach(() => {
    writeFileSync(join(directory, 'supervisor.log.1'), `${line(1, 'a')}\n${line(2, 'b', 'db')}\n`);
    writeFileSync(join(directory, 'supervisor.log'), `${line(3, 'c', 'db')}\n{"torn\n${line(4, 'd')}\n${line(5, 'e', 'db').slice(0, 30)}`);
  });

  test.each([
    [{}, ['a', 'b', 'c', 'd']],
    [{ lines: 3 }, ['b', 'c', 'd']],
    [{ lines: 0 }, []],
    [{ name: 'db' }, ['b', 'c']],
    [{ name: 'db', lines: 1 }, ['c']],
    [{ since: '2026-01-01T00:02:00.000Z' }, ['b', 'c', 'd']],
    [{ since: '2026-01-01T00:02:00.000Z', lines: 1 }, ['d']],
    [{ since: '2026-01-01T03:03:00+03:00' }, ['c', 'd']],
  ])('as %j asks gives %j, without torn lines', async (query, expected) => {
    expect(texts(await readLogLines(directory, query))).toEqual(expected);
  });

  test('where there is none gives nothing', async () => {
    expect(await readLogLines(join(directory, 'missing'), {})).toEqual([]);
  });

  test('while it is written joins files, memory and what comes, each line once', async () => {
    const log = open({ earlier: await readLogLines(directory, { lines: 2 }) });
    time = Date.UTC(2026, 0, 1, 1);
    log.info('e', { text: 'f', tunnel: 'db' });
    const later: string[] = [];
    const { history, cancel } = await followLog(log, directory).follow({ lines: 4 }, ({ text }) => later.push(text));
    log.info('e', { text: 'g' });
    cancel();
    log.info('e', { text: 'h' });
    expect(texts(history)).toEqual(['b', 'c', 'd', 'f']);
    expect(later).toEqual(['g']);
    await log.close();
  });
});
