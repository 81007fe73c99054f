import type { Profile } from '../../model/profile.ts';
import type { Clock } from '../../platform/clock.ts';
import { Ladder } from '../recovery/ladder.ts';
import type { Rungs } from '../recovery/rungs.ts';
import type { Teller } from '../recovery/teller.ts';
import type { LocalClaims } from './local-claims.ts';
import { LocalLadder } from './local-ladder.ts';

export type LaddersGiven = {
  readonly profile: Profile;
  readonly clock: Clock;
  readonly rungs: Rungs;
  readonly teller: Teller;
  readonly takeOver: () => boolean;
  /** Who of this supervisor listens on this machine. */
  readonly claims: LocalClaims;
};

/** One recovery ladder for each forward, made when it is first needed. */
export class Ladders {
  readonly #given: LaddersGiven;
  readonly #made = new Map<number, Ladder>();
  readonly #here = new Map<number, LocalLadder>();

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

  /** That of a forward that listens on this machine. */
  here(index: number): LocalLadder {
    const known = this.#here.get(index);
    if (known !== undefined) return known;
    const { profile, clock, teller, claims } = this.#given;
    const forward = profile.forwards[index];
    if (forward === undefined || forward.on !== 'local') throw new RangeError(`no forward of this machine: ${index}`);
    const ladder = new LocalLadder({ tunnel: profile.name, forward, clock, teller, claims });
    this.#here.set(index, ladder);
    return ladder;
  }

  callOff(): void {
    for (const ladder of [...this.#made.values(), ...this.#here.values()]) ladder.callOff();
  }
}
