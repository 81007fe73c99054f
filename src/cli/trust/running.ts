import { profileOfOrigin } from '../../profiles/find-origin.ts';
import type { FoundProfile } from '../../profiles/find-profiles.ts';
import { approvalKey } from '../../profiles/source.ts';
import type { Context } from '../command.ts';

/** Tunnels that are wanted up and were made of one of these profiles, whichever state of it; none where no supervisor answers. */
export async function runningOf(
  profiles: readonly Pick<FoundProfile, 'file' | 'source'>[],
  { connect, paths }: Context,
): Promise<string[]> {
  const client = await connect(paths).catch(() => null);
  const status = await client?.status().catch(() => null);
  const keys = new Set(profiles.map(approvalKey));
  return (status?.tunnels ?? []).flatMap(({ name, wanted, origin = '' }) => {
    const profile = wanted === 'up' ? profileOfOrigin(origin, paths) : null;
    return profile !== null && keys.has(approvalKey(profile)) ? [name] : [];
  });
}
