import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { type Problem, problem, ProblemError } from '../model/problem.ts';
import type { Paths } from '../platform/paths.ts';
import { makeFolder } from '../platform/private-dir.ts';

/** What a person has approved: the profile's file and the SHA-256 (hex) of what it said then. */
export type Approval = { readonly file: string; readonly sha256: string };

const ApprovalsSchema = v.object({
  schemaVersion: v.literal(1),
  value: v.record(v.string(), v.object({ sha256: v.string() })),
});
type Approvals = v.InferOutput<typeof ApprovalsSchema>['value'];

const fileOf = (paths: Paths): string => join(paths.state, 'approvals.json');

/** Files that are approved as they are now. A file of approvals that is missing or cannot be understood approves nothing. */
export function readApprovals(paths: Paths): (asked: Approval) => boolean {
  const approved = new Map(Object.entries(read(paths) ?? {}));
  return ({ file, sha256 }) => approved.get(file)?.sha256 === sha256;
}

/** As `change`. */
export const approve = (paths: Paths, approvals: readonly Approval[]): Promise<Problem | null> =>
  change(paths, (kept) => ({ ...kept, ...Object.fromEntries(approvals.map(({ file, sha256 }) => [file, { sha256 }])) }));

/** As `change`. */
export const disapprove = (paths: Paths, files: readonly string[]): Promise<Problem | null> =>
  change(paths, (kept) => Object.fromEntries(Object.entries(kept).filter(([file]) => !files.includes(file))));

/** Throws `state-unwritable`. Gives `state-set-aside` where the file could not be understood and is kept under another name. */
async function change(paths: Paths, to: (kept: Approvals) => Approvals): Promise<Problem | null> {
  const { default: Conf } = await import('conf');
  try {
    makeFolder(paths.state);
    const kept = read(paths);
    const aside = kept === null ? setAside(fileOf(paths)) : null;
    const store = new Conf({ cwd: paths.state, configName: 'approvals', accessPropertiesByDotNotation: false, configFileMode: 0o600 });
    store.store = { schemaVersion: 1, value: to(kept ?? {}) };
    return aside;
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new ProblemError(problem('state-unwritable', { path: fileOf(paths), code }), { cause: error });
  }
}

/** Null: the file is there and cannot be understood. */
function read(paths: Paths): Approvals | null {
  try {
    const kept = v.safeParse(ApprovalsSchema, JSON.parse(readFileSync(fileOf(paths), 'utf8')));
    return kept.success ? kept.output.value : null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? {} : null;
  }
}

function setAside(path: string): Problem {
  const aside = path.replace(/\.json$/, `.aside-${Date.now()}.json`);
  renameSync(path, aside);
  return problem('state-set-aside', { path, aside });
}
