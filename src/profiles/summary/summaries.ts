import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { makeFolder } from '../../platform/private-dir.ts';

const SummaryShape = v.object({
  /** Every file that was read for it with its hash, and null for every file that was looked for and not there. */
  parts: v.array(v.tuple([v.string(), v.nullable(v.string())])),
  /** Of all of them, as `LoadedProfile` has it. */
  sha256: v.string(),
  description: v.nullable(v.string()),
  groups: v.array(v.string()),
  /** Values that everybody gives for themselves and that are not given. */
  missing: v.array(v.object({ variable: v.string(), file: v.string(), line: v.number(), column: v.number(), text: v.string() })),
});
const FileShape = v.object({ basis: v.string(), profiles: v.record(v.string(), SummaryShape) });

type Shaped = v.InferOutput<typeof SummaryShape>;
export type Summary = Readonly<Omit<Shaped, 'groups' | 'missing'>> & {
  readonly groups: readonly string[];
  readonly missing: readonly Shaped['missing'][number][];
};
/** By the profile's file. */
export type Summaries = ReadonlyMap<string, Summary>;

/** Everything beside the files themselves that a summary depends upon; of another basis nothing is used. */
export const basisOf = (facts: readonly string[]): string => createHash('sha256').update(JSON.stringify(facts)).digest('hex');

/** What was kept. A file that is missing, torn or of another basis is none: it only saves time. */
export function readSummaries(file: string, basis: string): Summaries {
  try {
    const kept = v.safeParse(FileShape, JSON.parse(readFileSync(file, 'utf8')));
    return kept.success && kept.output.basis === basis ? new Map(Object.entries(kept.output.profiles)) : new Map();
  } catch {
    return new Map();
  }
}

/** What is more than this is of repositories of long ago. */
const MOST = 10_000;

/** Keeps summaries for the next time; where that is not possible, the next time takes longer. */
export function writeSummaries(file: string, { basis, summaries }: { readonly basis: string; readonly summaries: Summaries }): void {
  const fresh = `${file}.${process.pid}.new`;
  try {
    makeFolder(dirname(file));
    const profiles = Object.fromEntries([...summaries].slice(-MOST));
    writeFileSync(fresh, JSON.stringify({ basis, profiles }), { mode: 0o600 });
    renameSync(fresh, file);
  } catch {
    // It only saves time.
  }
}
