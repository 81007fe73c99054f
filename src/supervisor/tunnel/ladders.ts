import type { Forward } from '../../model/profile.ts';
import type { Clock } from '../../platform/clock.ts';
import { Ladder } from '../recovery/ladder.ts';
import type { Rungs } from '../recovery/rungs.ts';
import type { Teller } from '../recovery/teller.ts';
import type { Lineup } from './lineup.ts';
import type { LocalClaims } from './local-claims.ts';
import { LocalLadder } from './local-ladder.ts';

export type LaddersGiven = {
  readonly lineup: Lineup;
  readonly clock: Clock;
  readonly rungs: Rungs;
  readonly teller: Teller;
  readonly takeOver: () => boolean;
  /** Who of this supervisor listens on this machine. */
  readonly claims: LocalClaims;
};

/** One recovery ladder for each forward, made when it is first needed. It follows a profile that changes what may change without it. */
export class Ladders {
  readonly #given: LaddersGiven;
  readonly #made = new Map<number, Ladder>();
  readonly #here = new Map<number, LocalLadder>();

  constructor(given: LaddersGiven) {
    this.#given = given;
  }

  of(id: number): Ladder {
    const known = this.#made.get(id);
    if (known !== undefined) return known;
    const { lineup, clock, rungs, teller, takeOver } = this.#given;
    const forwardNow = this.#following(id);
    const ladder = new Ladder({
      tunnel: lineup.profile.name,
      get hop() {
        const { on } = forwardNow();
        return on === 'local' ? '' : (lineup.profile.hops[on]?.host ?? '');
      },
      get forward() {
        return forwardNow();
      },
      get care() {
        const { deadman, keepalive } = lineup.profile;
        return { deadman, keepalive };
      },
      clock,
      rungs,
      teller,
      takeOver,
    });
    this.#made.set(id, ladder);
    return ladder;
  }

  /** That of a forward that listens on this machine. */
  here(id: number): LocalLadder {
    const known = this.#here.get(id);
    if (known !== undefined) return known;
    const { lineup, clock, teller, claims } = this.#given;
    const forwardNow = this.#following(id);
    const ladder = new LocalLadder({
      tunnel: lineup.profile.name,
      get forward() {
        return forwardNow();
      },
      clock,
      teller,
      claims,
    });
    this.#here.set(id, ladder);
    return ladder;
  }

  callOff(): void {
    for (const ladder of [...this.#made.values(), ...this.#here.values()]) ladder.callOff();
  }

  /** The profile has this forward no more. */
  remove(id: number): void {
    for (const ladders of [this.#made, this.#here]) {
      ladders.get(id)?.callOff();
      ladders.delete(id);
    }
  }

  /** The forward as the profile has it now, or as it had it last: its binding is given back by what it was then. */
  #following(id: number): () => Forward {
    const { lineup } = this.#given;
    let last = lineup.forward(id);
    return () => {
      last = lineup.forward(id) ?? last;
      if (last === undefined) throw new RangeError(`no forward ${id}`);
      return last;
    };
  }
}
