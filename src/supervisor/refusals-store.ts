import * as v from 'valibot';
import type { RefusalStore } from '../ssh/links/lock-outs.ts';
import { openStore, type StoreNeeds } from './stores.ts';

/** How often each account has refused us in a row, kept for the next supervisor: servers do not forget it with ours. */
export function openRefusalStore(needs: StoreNeeds): RefusalStore & { close(): void } {
  const store = openStore({ name: 'refusals', schema: v.record(v.string(), v.number()), empty: {} }, needs);
  return {
    get: () => store.get(),
    set: (counts) => {
      try {
        store.set({ ...counts });
      } catch {
        // Logged, kept in memory and tried again; a login that has failed has worse to tell.
      }
    },
    close: () => store.close(),
  };
}
