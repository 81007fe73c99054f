import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { SessionRecord } from '../../model/session-record.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Account, AccountMemory, AccountsSchema } from '../../ssh/remote/account-memory.ts';
import { identifySession } from '../../ssh/remote/identify-session.ts';
import type { DoctorNeeds } from '../doctor/needs.ts';
import type { Log } from '../log.ts';
import { openStore, type Store, type StoreNeeds } from '../stores.ts';
import { Claims } from './claims.ts';
import { HELD, HeldNotes } from './held-notes.ts';
import { LinkCare } from './link-care.ts';
import { Rungs } from './rungs.ts';
import { SESSIONS, SessionBook } from './session-book.ts';

/** `doctor`: what looks at bindings without touching them. */
export type Recovery = {
  readonly rungs: Rungs;
  readonly doctor: Pick<DoctorNeeds, 'accounts' | 'book' | 'claims' | 'keepaliveOf'>;
  close(): void;
};

/** The recovery ladder with what it knows from earlier runs: our sessions, what accounts allow, who we are. */
export function openRecovery(needs: StoreNeeds & { readonly clock: Clock; readonly log: Log }): Recovery {
  const { clock, log } = needs;
  const sessions: Store<SessionRecord[]> = openStore(SESSIONS, needs);
  const held = openStore(HELD, needs);
  const known: Store<Account[]> = openStore({ name: 'accounts', schema: AccountsSchema, empty: [] }, needs);
  const owner = openStore({ name: 'owner', schema: v.string(), empty: '' }, needs);
  if (owner.get() === '') quietly(() => owner.set(randomUUID()));
  const accounts = new AccountMemory({ clock, known: known.get(), onChange: (all) => quietly(() => known.set([...all])) });
  const { signal } = new AbortController();
  const book = new SessionBook({
    store: sessions,
    held: new HeldNotes({ store: held, clock }),
    clock,
    owner: owner.get(),
    identify: (link) => identifySession(link, { accounts, clock, signal }),
  });
  const care = new LinkCare({ clock, accounts, book, log });
  const claims = new Claims();
  const rungs = new Rungs({ clock, book, accounts, claims, care });
  return {
    rungs,
    doctor: { accounts, book, claims, keepaliveOf: (link) => care.learn(link) },
    close() {
      for (const store of [sessions, held, known, owner]) store.close();
    },
  };
}

/** The store logs what it could not write, keeps it in memory and tries again. */
function quietly(write: () => void): void {
  try {
    write();
  } catch {
    // Told already.
  }
}
