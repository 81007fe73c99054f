import type { Severity } from '../../model/finding.ts';
import type { Forward } from '../../model/profile.ts';
import type { FileError } from '../file-error.ts';
import type { FoundProfile } from '../find-profiles.ts';
import type { LoadedProfile } from '../load-profile.ts';
import type { OwnKnowledge } from './own-known-hosts.ts';

/** A profile that was found and has no errors. */
export type Linted = FoundProfile & { readonly loaded: LoadedProfile };

/** Something that no rule of one file forbids. `text` of FileError is `what`, for who shows one line. */
export type LintFinding = FileError & {
  /** A stable word: `port-clash`, `secret`, ... */
  readonly rule: string;
  readonly profile: string;
  readonly severity: Exclude<Severity, 'ok'>;
  readonly why: string;
  readonly fix: string;
};

/** `own`: what the person who runs this knows of servers; null where it is checked for everybody, as in CI. */
export type LintGiven = { readonly own: OwnKnowledge | null };
export type LintRule = (profiles: readonly Linted[], given: LintGiven) => readonly LintFinding[];

type Told = Pick<LintFinding, 'rule' | 'severity' | 'text' | 'why' | 'fix'>;

/** A finding where the value at the path is written, in whichever file that is. */
export function findingAt({ name, loaded, file }: Linted, path: readonly (string | number)[], told: Told): LintFinding {
  const at = loaded.origins(path) ?? loaded.origins(path.slice(0, -1)) ?? { file, line: 1, column: 1 };
  return { file: at.file, line: at.line, column: at.column, profile: name, ...told };
}

const KEY = { local: 'local', remote: 'remote', dynamic: 'dynamic', 'remote-dynamic': 'remoteDynamic' } as const;

/** Where a forward's listening end is written. */
export const listenPath = ({ kind }: Forward, index: number): readonly (string | number)[] => ['forwards', index, KEY[kind]];

/** Rules of one profile, for each of them. */
export const each =
  (rule: (profile: Linted, given: LintGiven) => readonly LintFinding[]): LintRule =>
  (profiles, given) =>
    profiles.flatMap((profile) => rule(profile, given));
