import type { ParkedSocket } from '../session/carrier.ts';
import type { Ends } from '../types.ts';

/** What was sent to the old sessions of a place when the way there was free again. */
export type Dismissal = { readonly count: number; readonly ends: readonly Ends[] };

/** Dead connections' sockets, by where they lead, kept until the way there is free again. */
export class Parking {
  readonly #parked = new Map<string, Set<ParkedSocket>>();

  park(place: string, socket: ParkedSocket): void {
    const here = this.#parked.get(place) ?? new Set();
    this.#parked.set(place, here.add(socket));
  }

  /** The way to this place is free: the old sessions there hear of their end. */
  dismiss(place: string): Dismissal {
    const here = [...(this.#parked.get(place) ?? [])];
    this.#parked.delete(place);
    for (const socket of here) socket.dismiss();
    return { count: here.length, ends: here.flatMap(({ ends }) => ends ?? []) };
  }

  dismissAll(): void {
    for (const place of this.#parked.keys()) this.dismiss(place);
  }
}
