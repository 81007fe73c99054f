import type { OnRevived } from './links.ts';

type User = { readonly tunnel?: string | undefined; readonly onRevived: OnRevived };

/** Who uses a shared connection. */
export class SlotUsers {
  readonly #users = new Set<User>();

  /** Returns what ends its use. */
  enter(user: User): () => void {
    // One of its own for each use: two of one tunnel may overlap.
    const entry = { ...user };
    this.#users.add(entry);
    return () => void this.#users.delete(entry);
  }

  /** Each once; users that are no tunnels are left out. */
  get tunnels(): readonly string[] {
    return [...new Set([...this.#users].flatMap(({ tunnel }) => tunnel ?? []))];
  }

  revived(hop: string, doubtedMs: number): void {
    for (const tell of new Set([...this.#users].map(({ onRevived }) => onRevived))) tell(hop, doubtedMs);
  }
}
