import { readdirSync, readFileSync, statSync } from 'node:fs';

/** Direct children, from /proc (Linux). */
export function childrenOf(pid: number): number[] {
  return everyProcess().filter((each) => parentOf(each) === pid);
}

/** A process and all its descendants, the youngest first, so that no parent sees its child die and reacts. */
export function familyOf(pid: number): number[] {
  return [...childrenOf(pid).flatMap(familyOf), pid];
}

export function processesOfUser(uid: number): number[] {
  return everyProcess().filter((pid) => quietly(() => statSync(`/proc/${pid}`).uid) === uid);
}

/** Running: a zombie that nobody has waited for yet counts as gone. */
export function isAlive(pid: number): boolean {
  const state = fieldsOf(pid)?.[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** Sends a signal to one process; says whether it was there. */
export function send(pid: number, signal: NodeJS.Signals): boolean {
  return quietly(() => process.kill(pid, signal)) ?? false;
}

export const commandOf = (pid: number): string =>
  quietly(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()) ?? '';

const everyProcess = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

const parentOf = (pid: number): number => Number(fieldsOf(pid)?.[1] ?? 0);

// proc(5), /proc/pid/stat: the second field is the name in parentheses and may contain both spaces and parentheses.
function fieldsOf(pid: number): string[] | undefined {
  const text = quietly(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
