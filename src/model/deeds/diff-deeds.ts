import type { Danger, Deed } from './deed.ts';

export type DeedChange =
  | { readonly is: 'same'; readonly deed: Deed; readonly danger: Danger }
  | { readonly is: 'added'; readonly deed: Deed; readonly danger: Danger }
  | { readonly is: 'removed'; readonly deed: Deed; readonly danger: Danger }
  | { readonly is: 'changed'; readonly deed: Deed; readonly before: Deed; readonly danger: Danger };

/** What became of each deed, in the order of the newer version; those that are gone come last. */
export function diffDeeds(before: readonly Deed[], after: readonly Deed[]): DeedChange[] {
  const old = new Map(before.map((deed) => [deed.about, deed] as const));
  const kept = new Set(after.map(({ about }) => about));
  return [
    ...after.map((deed) => changeOf(old.get(deed.about), deed)),
    ...before.filter(({ about }) => !kept.has(about)).map((deed) => ({ is: 'removed', deed, danger: withoutIt(deed) }) as const),
  ];
}

function changeOf(before: Deed | undefined, deed: Deed): DeedChange {
  const danger = dangerOfNews(deed);
  if (before === undefined) return { is: 'added', deed, danger };
  return sameDeed(before, deed) ? { is: 'same', deed, danger: deed.danger } : { is: 'changed', deed, before, danger };
}

/** To log in where nobody was logged in before, or by another way, is what nobody should overlook. */
const dangerOfNews = ({ kind, danger }: Deed): Danger => (kind === 'login' && danger === 'none' ? 'caution' : danger);

/** Where it is written does not matter. */
const sameDeed = (one: Deed, other: Deed): boolean =>
  JSON.stringify([one.facts, one.reasons]) === JSON.stringify([other.facts, other.reasons]);

/** A server whose key was pinned may now show any key that known_hosts has. */
const withoutIt = ({ kind }: Deed): Danger => (['pin', 'known-key', 'revoked-key'].includes(kind) ? 'caution' : 'none');
