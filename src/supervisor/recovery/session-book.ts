import * as v from 'valibot';
import { type SessionIdentity, type SessionRecord, SessionRecordSchema, recordKey } from '../../model/session-record.ts';
import type { Clock } from '../../platform/clock.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { Store } from '../stores.ts';
import type { HeldNotes } from './held-notes.ts';
import { lastHeardAt } from './last-heard.ts';

export const SESSIONS = { name: 'sessions', schema: v.array(SessionRecordSchema), empty: [] as SessionRecord[] } as const;

export type BookGiven = {
  readonly store: Pick<Store<SessionRecord[]>, 'get' | 'set'>;
  readonly held: HeldNotes;
  readonly clock: Clock;
  /** This installation, told apart from others that use the same account. */
  readonly owner: string;
  /** Finds out who serves a link; null where the server does not tell. */
  readonly identify: (link: HopLink) => Promise<SessionIdentity | null>;
};

/** What a binding is asked for, and by whom. */
export type Claim = { readonly tunnel: string; readonly listen: string };

const KEPT = 500;

/**
 * Our sessions on every server, on disk before their first binding. After a crash it is what tells our own
 * dead sessions from anybody else's; whoever opens the book holds the supervisor's lock, so every session
 * that it finds there belongs to a supervisor that is no more.
 */
export class SessionBook {
  readonly #given: BookGiven;
  readonly #records: Map<string, SessionRecord>;
  readonly #entries = new Map<HopLink, Promise<SessionRecord | null>>();
  readonly #live = new Set<string>();

  constructor(given: BookGiven) {
    this.#given = given;
    this.#records = new Map(given.store.get().map((record) => [recordKey(record), { ...record, declaredDead: true }]));
  }

  /** Notes that this link's session is about to hold a binding; null where its server does not tell who serves it. */
  async enter(link: HopLink, claim: Claim): Promise<SessionRecord | null> {
    const entry = await this.entryOf(link);
    if (entry === null) return null;
    const key = recordKey(entry);
    const before = this.#records.get(key) ?? entry;
    const record = { ...before, bindings: withOne(before.bindings, claim.listen), tunnels: withOne(before.tunnels, claim.tunnel) };
    this.#records.set(key, record);
    this.#write();
    return record;
  }

  /** The server has said yes. Of a session that it tells nothing of, that we held the binding is all that can be noted. */
  async hold(link: HopLink, claim: Claim): Promise<void> {
    if ((await this.enter(link, claim)) === null) this.#given.held.hold(link, claim.listen);
  }

  /** The binding was given back, or its link is lost. */
  gaveBack(link: HopLink, listen: string): void {
    this.#given.held.gaveBack(link, listen);
  }

  heldBefore(link: HopLink, listen: string): { readonly diedAt: number } | null {
    return this.#given.held.find(link, listen);
  }

  /** The newest other session that asked for this binding on this server. */
  find(link: HopLink, listen: string): SessionRecord | null {
    const { hostKey, hop } = link;
    const fits = (record: SessionRecord): boolean =>
      record.hostKey === hostKey && record.user === hop.user && record.bindings.includes(listen) && !this.isLive(record);
    return [...this.#records.values()].filter(fits).toSorted((a, b) => b.madeAt - a.madeAt)[0] ?? null;
  }

  isLive(record: SessionRecord): boolean {
    return this.#live.has(recordKey(record));
  }

  /** The session is no more: it was ended, or its server says so. */
  forget(record: SessionRecord): void {
    if (this.#records.delete(recordKey(record))) this.#write();
  }

  /** Asked once for each link. */
  entryOf(link: HopLink): Promise<SessionRecord | null> {
    const known = this.#entries.get(link);
    if (known !== undefined) return known;
    const entry = this.#open(link).catch(() => null);
    this.#entries.set(link, entry);
    void link.lost.then(() => this.#entries.delete(link));
    return entry;
  }

  async #open(link: HopLink): Promise<SessionRecord | null> {
    const identity = await this.#given.identify(link);
    if (identity === null) return null;
    const { owner, clock } = this.#given;
    const fresh = {
      hostKey: link.hostKey,
      user: link.hop.user,
      owner,
      madeAt: clock.now(),
      bindings: [],
      tunnels: [],
      declaredDead: false,
      diedAt: null,
    };
    const record: SessionRecord = { ...identity, ...fresh };
    this.#dropOtherBoots(record);
    this.#live.add(recordKey(record));
    void link.lost.then((because) => this.#lost(record, lastHeardAt(link, because, clock.now())));
    return record;
  }

  /** A server that has rebooted holds nothing of what was before. */
  #dropOtherBoots({ hostKey, bootId }: SessionRecord): void {
    for (const [key, record] of this.#records) {
      if (record.hostKey === hostKey && record.bootId !== bootId) this.#records.delete(key);
    }
  }

  #lost(session: SessionRecord, diedAt: number | null): void {
    const key = recordKey(session);
    this.#live.delete(key);
    const record = this.#records.get(key);
    if (record === undefined) return;
    if (diedAt === null) this.#records.delete(key);
    else this.#records.set(key, { ...record, declaredDead: true, diedAt });
    this.#write();
  }

  #write(): void {
    for (const key of [...this.#records.keys()].slice(0, -KEPT)) this.#records.delete(key);
    try {
      this.#given.store.set([...this.#records.values()]);
    } catch {
      // The store has logged it, keeps the value and tries again; recovery goes on with what is in memory.
    }
  }
}

const withOne = (list: readonly string[], item: string): string[] => (list.includes(item) ? [...list] : [...list, item]);
