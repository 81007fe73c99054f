import * as v from 'valibot';
import { type HeldNote, HeldNoteSchema, heldKey } from '../../model/held-note.ts';
import type { Problem } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { Store } from '../stores.ts';
import { lastHeardAt } from './last-heard.ts';

export const HELD = { name: 'held-bindings', schema: v.array(HeldNoteSchema), empty: [] as HeldNote[] } as const;

export type HeldGiven = { readonly store: Pick<Store<HeldNote[]>, 'get' | 'set'>; readonly clock: Pick<Clock, 'now'> };

const KEPT = 500;
/** The longest that sshd keeps a dead session is some two hours; who is busy with the port may make it longer, but not for ever. */
const BELIEVED_MS = 24 * 3_600_000;

/**
 * The bindings that we held on accounts with neither shell nor SFTP, on disk from the server's yes until they were given
 * back. Made only of what was really bound: it is all that such an account has to tell our own dead session from a stranger.
 */
export class HeldNotes {
  readonly #given: HeldGiven;
  readonly #notes: Map<string, HeldNote>;
  /** Who holds it now, by the note's key. */
  readonly #holders = new Map<string, HopLink>();
  readonly #watched = new WeakSet<HopLink>();

  /** Whoever had a note that says nothing of a death was the supervisor before this one, which is dead by now. */
  constructor(given: HeldGiven) {
    this.#given = given;
    const now = given.clock.now();
    const before = given.store.get();
    this.#notes = new Map(before.map((note) => [heldKey(note), { ...note, diedAt: note.diedAt ?? now }]));
    // Written at once: the next crash must not make the death any later.
    if (before.some((note) => note.diedAt === null)) this.#write();
  }

  /** The server has said yes. */
  hold(link: HopLink, listen: string): void {
    const note = { hostKey: link.hostKey, user: link.hop.user, listen, diedAt: null };
    this.#notes.set(heldKey(note), note);
    this.#holders.set(heldKey(note), link);
    this.#watch(link);
    this.#write();
  }

  /** The binding was given back, as far as we can tell: while the link does not answer, the server may not have heard of it. */
  gaveBack(link: HopLink, listen: string): void {
    const key = heldKey({ hostKey: link.hostKey, user: link.hop.user, listen });
    if (this.#holders.get(key) !== link || link.suspect) return;
    this.#holders.delete(key);
    this.#notes.delete(key);
    this.#write();
  }

  /** That we held this binding, and when the connection that did died; null where we did not, or hold it now. */
  find(link: HopLink, listen: string): { readonly diedAt: number } | null {
    const note = this.#notes.get(heldKey({ hostKey: link.hostKey, user: link.hop.user, listen }));
    if (note === undefined || note.diedAt === null || !this.#isBelieved(note)) return null;
    // A clock that was set back must not put the death into the future.
    return { diedAt: Math.min(note.diedAt, this.#given.clock.now()) };
  }

  #watch(link: HopLink): void {
    if (this.#watched.has(link)) return;
    this.#watched.add(link);
    void link.lost.then((because) => this.#lost(link, because));
  }

  #lost(link: HopLink, because: Problem): void {
    const diedAt = lastHeardAt(link, because, this.#given.clock.now());
    for (const [key, holder] of this.#holders) {
      if (holder !== link) continue;
      this.#holders.delete(key);
      const note = this.#notes.get(key);
      if (note === undefined || diedAt === null) this.#notes.delete(key);
      else this.#notes.set(key, { ...note, diedAt });
    }
    this.#write();
  }

  #isBelieved({ diedAt }: HeldNote): boolean {
    return diedAt === null || this.#given.clock.now() - diedAt < BELIEVED_MS;
  }

  #write(): void {
    for (const [key, note] of this.#notes) if (!this.#isBelieved(note)) this.#notes.delete(key);
    for (const key of [...this.#notes.keys()].slice(0, -KEPT)) this.#notes.delete(key);
    try {
      this.#given.store.set([...this.#notes.values()]);
    } catch {
      // The store has logged it, keeps the value and tries again.
    }
  }
}
