import type { ChangeRequest, UpRequest } from '../api/contract.ts';
import type { LoadedProfile } from '../profiles/load-profile.ts';
import type { Context } from './command.ts';
import { checkedProfiles, pickProfiles } from './profile-files.ts';

/** One tunnel to bring up: a checked document and where it came from. */
export type Request = { readonly name: string; readonly request: UpRequest };

/** The requests for profiles, groups and patterns. Throws for the first thing that is wrong, before anything is started. */
export async function profileRequests(words: readonly string[], context: Context): Promise<Request[]> {
  const loaded = checkedProfiles(await pickProfiles(words, context), context);
  return loaded.map((one) => ({ name: one.profile.name, request: requestOf(one) }));
}

/** What the supervisor is sent of a profile. */
export const requestOf = ({ document, file, files }: LoadedProfile): ChangeRequest => ({
  profile: { ...document },
  origin: file,
  ...(files.length > 1 && { files: files.map((one) => one.file) }),
});
