import type { ParkedSocket } from '../session/carrier.ts';

/** Dead connections' sockets, by where they lead, kept until the way there is free again. */
export class Parking {
  readonly #parked = new Map<string, Set<ParkedSocket>>();

  park(place: string, socket: ParkedSocket): void {
    const here = this.#parked.get(place) ?? new Set();
    this.#parked.set(place, here.add(socket));
  }

  /** The way to this place is free: the old sessions there hear of their end. Returns how many there were. */
  dismiss(place: string): number {
    const here = this.#parked.get(place) ?? new Set();
    this.#parked.delete(place);
    for (const socket of here) socket.dismiss();
    return here.size;
  }

  dismissAll(): void {
    for (const place of this.#parked.keys()) this.dismiss(place);
  }
}
