import { ProblemError, problem } from '../model/problem.ts';
import type { Profile } from '../model/profile.ts';
import { readProfile } from '../model/read-profile.ts';
import type { WantedTunnel } from './wanted-store.ts';

/** The profile in the document of a tunnel, whoever sent it; throws `profile-invalid`. */
export function checked({ name, profile }: WantedTunnel): Profile {
  const read = readProfile(name, profile);
  if (read.ok) return read.value;
  throw new ProblemError(
    problem('profile-invalid', { name, errors: read.error.map((issue) => `${issue.path.join('.')}: ${issue.code}`).join('\n') }),
  );
}
