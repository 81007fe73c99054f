import { DEFAULT_HOLD_MS, DEFAULT_ON_CONFLICT, type Forward, type Profile } from '../../model/profile.ts';
import { nameForwards } from '../../model/profile-names.ts';
import { type Remark, remark } from '../../model/remark.ts';

/** What the profile says and ssh has no place for. */
export function unsaid(profile: Profile): Remark[] {
  const what = [...ofProfile(profile), ...new Set(profile.forwards.flatMap(ofForward)), ...ofNames(profile)];
  const pinned = profile.hops.filter(({ hostKey }) => hostKey.length > 0);
  return [
    ...pinned.map(({ host }) => remark('export-pins', { host })),
    ...(what.length === 0 ? [] : [remark('export-no-place', { what: new Intl.ListFormat('en', { type: 'disjunction' }).format(what) })]),
  ];
}

const ofProfile = ({ description, groups, idleMs, holdMs, deadman, secondLogin }: Profile): string[] => [
  ...(description === null ? [] : ['description']),
  ...(groups.length === 0 ? [] : ['groups']),
  ...(idleMs === null ? [] : ['idle']),
  ...(holdMs === DEFAULT_HOLD_MS ? [] : ['hold']),
  ...(deadman === 'auto' ? [] : ['deadman']),
  ...(secondLogin === 'never' ? [] : ['secondLogin']),
];

const ofForward = (forward: Forward): string[] => [
  ...(forward.onConflict.join() === DEFAULT_ON_CONFLICT.join() ? [] : ['onConflict']),
  ...(forward.fallbackPorts === null ? [] : ['fallbackPorts']),
  ...(forward.giveUpAfterMs === null ? [] : ['giveUpAfter']),
  ...(forward.public ? ['public'] : []),
];

/** Names that a profile has by itself are none that get lost. */
function ofNames({ forwards }: Profile): string[] {
  const byItself = nameForwards(forwards.map((forward) => ({ ...forward, name: null })));
  return forwards.some(({ name }, index) => name !== byItself[index]?.name) ? ['the names of forwards'] : [];
}
