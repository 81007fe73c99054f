import { planChange } from '../../decide/tunnel/plan-change.ts';
import type { Profile } from '../../model/profile.ts';
import type { ProfileChange } from '../../model/profile-change.ts';

/** What a changed profile does to a tunnel, for people and clients. */
export function changeOf(before: Profile, after: Profile): ProfileChange {
  const { hops, forwards, settings } = planChange(before, after);
  const named = forwards.map((change) => {
    const forward = 'to' in change ? after.forwards[change.to] : before.forwards[change.from];
    return { name: forward?.name ?? '', is: change.is };
  });
  return { hops, forwards: named, settings: [...settings] };
}
