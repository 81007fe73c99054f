import type { Profile } from '../../model/profile.ts';
import type { Clock } from '../../platform/clock.ts';
import { Ladder } from '../recovery/ladder.ts';
import type { Rungs } from '../recovery/rungs.ts';
import type { Teller } from '../recovery/teller.ts';

export type LaddersGiven = {
  readonly profile: Profile;
  readonly clock: Clock;
  readonly rungs: Rungs;
  readonly teller: Teller;
  readonly takeOver: () => boolean;
};

/** One recovery ladder for each forward that listens on a hop, made when it is first needed. */
export class Ladders {
  readonly #given: LaddersGiven;
  readonly #made = new Map<number, Ladder>();

  constructor(given: LaddersGiven) {
    this.#given = given;
  }

  of(index: number): Ladder {
    const known = this.#made.get(index);
    if (known !== undefined) return known;
    const { profile, clock, rungs, teller, takeOver } = this.#given;
    const forward = profile.forwards[index];
    if (forward === undefined || forward.on === 'local') throw new RangeError(`no forward on a hop: ${index}`);
    const hop = profile.hops[forward.on]?.host ?? '';
    const { name: tunnel, deadman, keepalive } = profile;
    const ladder = new Ladder({ tunnel, hop, forward, care: { deadman, keepalive }, clock, rungs, teller, takeOver });
    this.#made.set(index, ladder);
    return ladder;
  }

  callOff(): void {
    for (const ladder of this.#made.values()) ladder.callOff();
  }
}
