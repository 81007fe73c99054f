import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { livenessOf, ownIdentity } from '../../src/platform/process-identity.ts';
import { until } from '../support/until.ts';

const identityOf = (pid: number) => ({
  ...ownIdentity(),
  pid,
  start: readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')[19]!,
});

test('this process is alive, and the same one each time it is asked', () => {
  expect(ownIdentity()).toEqual(ownIdentity());
  expect(livenessOf(ownIdentity())).toBe('alive');
});

test('a process is dead once it has ended, even while nobody has waited for it', async () => {
  // The shell never waits for the child that it leaves behind by exec.
  const parent = spawn('sh', ['-c', 'sh -c "kill -STOP \\$\\$" & echo $!; exec sleep 100'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const pid = Number(String((await once(parent.stdout, 'data'))[0]));
  await until(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') T '), { what: 'the child to stop' });
  const child = identityOf(pid);
  expect(livenessOf(child)).toBe('alive');
  process.kill(pid, 'SIGKILL');
  await until(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '), { what: 'a zombie' });
  expect(livenessOf(child)).toBe('dead');
  parent.kill('SIGKILL');
});

test('a name with parentheses and blanks does not confuse', async () => {
  const child = spawn('sh', ['-c', 'printf ") Z 1 2" > /proc/self/comm; echo; read x'], { stdio: ['pipe', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
  expect(livenessOf({ ...ownIdentity(), pid: child.pid!, start })).toBe('alive');
  child.kill('SIGKILL');
});
