import { isSocket, printAddress } from './address.ts';
import type { ReadForward } from './profile-forward.ts';
import { issueAt, type Report } from './profile-issue.ts';
import type { Forward } from './profile.ts';

/** Gives every forward a name of its own: `local-15432`, `remote-app.sock`, a number behind it where that is taken. */
export function nameForwards(forwards: readonly ReadForward[]): Forward[] {
  const taken = new Set(forwards.flatMap(({ name }) => name ?? []));
  return forwards.map((forward) => {
    const name = forward.name ?? free(defaultName(forward), taken);
    taken.add(name);
    return { ...forward, name };
  });
}

function defaultName({ kind, listen }: ReadForward): string {
  const end = isSocket(listen) ? listen.path.slice(listen.path.lastIndexOf('/') + 1) : String(listen.port);
  return `${kind}-${end.replaceAll(/[^A-Za-z0-9._-]/g, '_')}`.slice(0, 60);
}

function free(name: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count += 1) {
    const candidate = count === 1 ? name : `${name}-${count}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** Reports names given twice, and listening ends that two forwards of one profile would fight over. */
export function reportClashes(forwards: readonly (ReadForward | null)[], report: Report): void {
  const names = new Set<string>();
  const ends = new Map<string, string>();
  forwards.forEach((forward, index) => {
    if (forward === null) return;
    const path = ['forwards', index];
    if (forward.name !== null && names.has(forward.name)) report(issueAt([...path, 'name'], 'name-taken', { name: forward.name }));
    if (forward.name !== null) names.add(forward.name);
    const end = endOf(forward);
    const other = ends.get(end);
    if (other !== undefined) report(issueAt([...path, KEY[forward.kind]], 'listen-twice', { listen: printAddress(forward.listen), other }));
    else if (isSocket(forward.listen) || forward.listen.port !== 0) ends.set(end, forward.name ?? defaultName(forward));
  });
}

const KEY = { local: 'local', remote: 'remote', dynamic: 'dynamic', 'remote-dynamic': 'remoteDynamic' } as const;
const endOf = ({ on, listen }: ReadForward): string => `${on} ${printAddress(listen).toLowerCase()}`;
