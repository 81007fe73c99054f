import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KEEPER_SCRIPT, startKeeper } from '../../src/platform/keeper.ts';
import { SUPERVISOR_EXIT } from '../../src/platform/supervisor-exit.ts';
import { type Background, background } from '../support/child.ts';
import { run } from '../support/run.ts';
import { tempDir } from '../support/temp-home.ts';

/** Runs the keeper over shell commands in place of node and the supervisor; each run adds a line to `runs`. */
let directory: string;
let keeper: Background | null;
beforeEach(() => {
  directory = tempDir();
  keeper = null;
});
afterEach(() => keeper?.stop('SIGKILL'));
const keep = (program: string): string[] => {
  const path = join(directory, 'program');
  writeFileSync(path, `echo "$@" >> ${join(directory, 'runs')}; ${program}`);
  return ['-c', KEEPER_SCRIPT, 'tunnels-keeper', '/bin/sh', path];
};
const runs = (): string[] => readFileSync(join(directory, 'runs'), 'utf8').split('\n').slice(0, -1);

test.each(Object.entries(SUPERVISOR_EXIT).filter(([word]) => word !== 'failed'))('a run that ends as %s is the last', async (_, code) => {
  expect(await run('/bin/sh', keep(`exit ${code}`))).toMatchObject({ code });
  expect(runs()).toEqual(['--ready-fd=3']);
});

test.each([
  ['fails', 'exit 70'],
  ['is killed', 'kill -9 $$'],
])('a run that %s is followed by another at once, which has no one to report to', async (_, end) => {
  const program = `if [ $(wc -l < ${join(directory, 'runs')}) -eq 1 ]; then ${end}; fi; exit 0`;
  expect(await run('/bin/sh', keep(program))).toMatchObject({ code: 0 });
  expect(runs()).toEqual(['--ready-fd=3', '']);
});

test('SIGTERM reaches the run, is waited for, and is the end of both', async () => {
  keeper = background('/bin/sh', keep("trap 'echo bye; exit 70' TERM; echo here; while :; do sleep 0.01; done"));
  await keeper.waitFor(/here/);
  keeper.kill('SIGTERM');
  expect(await keeper.exited).toEqual({ code: 0, signal: null });
  expect(keeper.output()).toBe('here\nbye\n');
  expect(runs()).toHaveLength(1);
});

test('the supervisor runs with one thread of V8 besides its own and without a copy of its functions, as it lives long beside much else', async () => {
  const program = join(directory, 'program.cjs');
  writeFileSync(
    program,
    `require('node:fs').writeSync(3, JSON.stringify(process.execArgv)); process.exitCode = ${SUPERVISOR_EXIT.stopped};`,
  );
  expect(await startKeeper({ program, logs: directory, env: {} }).ready).toEqual([
    '--v8-pool-size=1',
    ...(Number.parseInt(process.versions.node, 10) <= 24 ? ['--no-short-builtin-calls'] : []),
  ]);
});
