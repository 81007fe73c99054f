import { advice, type Finding, mistake } from '../model/finding.ts';
import { EXIT } from '../model/problems/entry.ts';
import { printFileError } from '../profiles/file-error.ts';
import { lint } from '../profiles/lint/lint.ts';
import type { LintFinding } from '../profiles/lint/linted.ts';
import type { ProfileFile } from './profile-files.ts';

/** For the doctor: what no look at one profile shows. Of ports and host keys it knows more than the files do. */
export function besideEachOther(files: readonly ProfileFile[]): Finding[] {
  const linted = files.flatMap((file) => (file.loaded === null ? [] : [{ ...file, loaded: file.loaded }]));
  return lint(linted)
    .filter(({ rule }) => rule === 'port-clash' || rule === 'secret')
    .map(findingOf);
}

function findingOf(found: LintFinding): Finding {
  const about = { check: found.rule, subject: `profile ${found.profile}` };
  const words = { what: printFileError(found), why: found.why, fix: found.fix };
  return found.severity === 'error' ? mistake(about, EXIT.usage, words) : advice(about, found.severity, words);
}
