import { problem, ProblemError } from '../model/problem.ts';
import { type ShapeIssue, wordsOfIssue } from '../model/profile-issue.ts';
import { isProfileName } from '../model/profile.ts';
import { readProfile } from '../model/read-profile.ts';
import { homeDirectory } from '../platform/paths.ts';
import { type AdHocFlags, adHocTunnel } from './ad-hoc.ts';
import type { Context } from './command.ts';
import type { Request } from './requests.ts';

/** The request for a tunnel in ssh(1)'s flags, checked by the same rules as a profile. */
export function adHocRequest(words: readonly string[], flags: AdHocFlags, { cwd, env }: Context): Request {
  const { name, document } = adHocTunnel(words, flags, { cwd, home: homeDirectory(env) });
  if (!isProfileName(name)) throw new ProblemError(problem('name-invalid', { name }));
  const checked = readProfile(name, document);
  if (!checked.ok) throw new ProblemError(problem('ad-hoc-invalid', { errors: checked.error.map(line).join('\n') }));
  return { name, request: { profile: document, origin: 'command line' } };
}

const line = (issue: ShapeIssue): string => `  ${wordsOfIssue(issue)}`;
