import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { lockPath, readLock } from '../../src/platform/lock-files.ts';
import { ownIdentity } from '../../src/platform/process-identity.ts';
import { takeLock } from '../../src/supervisor/lock.ts';
import { tempDir } from '../support/temp-home.ts';
import { buildPrograms } from './built-supervisor.ts';

type Said = { won: boolean; pid?: number; holder: number };
let built: Awaited<ReturnType<typeof buildPrograms>>;
const children: ChildProcess[] = [];

beforeAll(async () => {
  built = await buildPrograms({ contender: 'test/supervisor/programs/take-lock.ts' });
});
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));
afterAll(() => built.remove());

async function contend(runtime: string): Promise<{ child: ChildProcess; said: Said }> {
  const child = spawn(process.execPath, [join(built.directory, 'contender.mjs'), runtime], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
  return { child, said: JSON.parse(line) as Said };
}

const needs = (runtime: string, answers = false) => ({ runtime, now: () => Date.now(), answers: async () => answers });
const locksIn = (runtime: string): string[] => readdirSync(runtime).filter((name) => name.startsWith('supervisor.lock.'));

describe('the supervisor lock', () => {
  test('goes to exactly one of 20 processes that start at once, and the others learn its pid', async () => {
    const runtime = tempDir();
    const all = await Promise.all(Array.from({ length: 20 }, () => contend(runtime)));
    const winners = all.filter(({ said }) => said.won);
    expect(winners).toHaveLength(1);
    const pid = winners[0]!.child.pid;
    expect(all.filter(({ said }) => !said.won).map(({ said }) => said.pid)).toEqual(Array.from({ length: 19 }, () => pid));
    expect(locksIn(runtime)).toEqual(['supervisor.lock.1']);
  }, 60_000);

  test('goes to exactly one of many that race for the lock of a killed holder', async () => {
    const runtime = tempDir();
    const first = await contend(runtime);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const all = await Promise.all(Array.from({ length: 10 }, () => contend(runtime)));
    expect(all.filter(({ said }) => said.won)).toHaveLength(1);
    expect(locksIn(runtime)).toEqual(['supervisor.lock.2']);
  }, 60_000);

  test('is not let go while its holder lives', async () => {
    const runtime = tempDir();
    const { child } = await contend(runtime);
    expect(await takeLock(needs(runtime))).toEqual({ won: false, pid: child.pid });
    expect(readLock(runtime)?.generation).toBe(1);
  });

  test.each([
    ['a process that now has the pid of the holder', { ...ownIdentity(), start: '1' }],
    ['a holder from before the machine was started anew', { ...ownIdentity(), boot: 'another' }],
    ['a holder whose process is gone', { ...ownIdentity(), pid: 2 ** 22 + 1 }],
  ])('is not kept by %s', async (_, holder) => {
    const runtime = tempDir();
    writeFileSync(lockPath(runtime, 7), JSON.stringify(holder));
    expect(await takeLock(needs(runtime))).toEqual({ won: true, generation: 8 });
    expect(locksIn(runtime)).toEqual(['supervisor.lock.8']);
  });

  test('is not kept by a file that a crash of the machine left empty', async () => {
    const runtime = tempDir();
    writeFileSync(lockPath(runtime, 3), '');
    expect(await takeLock(needs(runtime))).toEqual({ won: true, generation: 4 });
  });

  test('is kept by a holder in another pid namespace for as long as its socket answers', async () => {
    const runtime = tempDir();
    writeFileSync(lockPath(runtime, 1), JSON.stringify({ ...ownIdentity(), space: 'pid:[1]', pid: 1 }));
    const later = { now: () => Date.now() + 3_600_000 };
    expect(await takeLock({ ...needs(runtime, true), ...later })).toEqual({ won: false, pid: 1 });
    expect(await takeLock({ ...needs(runtime, false), ...later })).toMatchObject({ won: true });
  });
});
