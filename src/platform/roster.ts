/** Where a member is, for it to leave by. */
export type Seat<Member> = { readonly member: Member; at: number };

const LEFT = -1;

/**
 * A set, in no order, for what comes and goes thousands of times a second, as connections do.
 *
 * Not a Map or Set: V8 gives one that is full of what was deleted a new table, and the old table points to the new one and keeps
 * what it had last. As soon as one of them has come into V8's old generation, each that follows is kept with all that was
 * in it until the next full collection: with 50 short connections at once that was ten times the work of the garbage collector.
 */
export class Roster<Member> {
  readonly #seats: Seat<Member>[] = [];

  get size(): number {
    return this.#seats.length;
  }

  enter(member: Member): Seat<Member> {
    const seat = { member, at: this.#seats.length };
    this.#seats.push(seat);
    return seat;
  }

  /** The last one sits down where this one was. Does nothing for one that has left. */
  leave(seat: Seat<Member>): void {
    if (seat.at === LEFT) return;
    const last = this.#seats.pop() as Seat<Member>;
    if (last !== seat) {
      this.#seats[seat.at] = last;
      last.at = seat.at;
    }
    seat.at = LEFT;
  }

  /** Those who are there now; they may leave meanwhile. */
  members(): Member[] {
    return this.#seats.map(({ member }) => member);
  }

  clear(): void {
    for (const seat of this.#seats) seat.at = LEFT;
    this.#seats.length = 0;
  }
}
