import { nameStandIns, type StandIns } from '../stand-ins.ts';
import { type Deed, type Reason, worstOf } from './deed.ts';

/** Deeds of a document with stand-ins, told with `${name}` in their place. What only a stand-in is to blame for is no danger. */
export const withYoursToGive = (deeds: readonly Deed[], standIns: StandIns): readonly Deed[] =>
  Object.keys(standIns).length === 0 ? deeds : deeds.map((deed) => told(deed, standIns));

function told(deed: Deed, standIns: StandIns): Deed {
  const named = nameStandIns(deed, standIns);
  if (JSON.stringify(named) === JSON.stringify(deed)) return deed;
  const reasons: readonly Reason[] = [...deed.reasons.filter((reason) => !isOfStandIn(reason, deed, standIns)), 'yours-to-give'];
  return { ...named, reasons, danger: worstOf(reasons) };
}

/** Where the whole address, or its whole host, is what a person gives, nobody knows yet how far it reaches. */
function isOfStandIn(reason: Reason, { facts }: Deed, standIns: StandIns): boolean {
  const address = 'at' in facts ? { public: facts.at, 'beyond-this-machine': facts.to } : {};
  const text = (address as { readonly [Key in Reason]?: string | null })[reason] ?? null;
  return text !== null && Object.hasOwn(standIns, text.replace(/:\d+$/, ''));
}
