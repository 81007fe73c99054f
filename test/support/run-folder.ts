import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const PARENT = `/tmp/tunnels-tests-${process.getuid?.() ?? 'all'}`;

/**
 * A folder that all processes of one test run share, named by the process that started them. Those of ended runs are
 * removed here, as a test's process is killed at its end and cannot do it itself.
 */
export function runFolder(): string {
  const own = process.env['TUNNELS_TEST_RUN'] ?? String(process.ppid);
  if (existsSync(join(PARENT, own))) return join(PARENT, own);
  mkdirSync(join(PARENT, own), { recursive: true });
  for (const name of readdirSync(PARENT)) {
    if (name !== own && !isRunning(Number(name))) rmSync(join(PARENT, name), { recursive: true, force: true });
  }
  return join(PARENT, own);
}

/** Makes a folder in it; only one process of the run gets `true` for a name. */
export function claim(name: string): boolean {
  try {
    mkdirSync(join(runFolder(), name));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
