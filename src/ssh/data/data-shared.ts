import type { WindowLimits } from '../../model/data-settings.ts';
import type { Batches } from './batches.ts';
import { WindowBudget } from './window-budget.ts';

/** What the links of one process share. */
export type DataShared = { readonly batches: Batches; readonly budget: WindowBudget; readonly limits: WindowLimits };

export const sharedData = (limits: WindowLimits, batches: Batches): DataShared => ({
  batches,
  limits,
  budget: new WindowBudget(limits.supervisor),
});
