import type { Forward, Profile } from '../../model/profile.ts';
import { Counters } from './counters.ts';

type Listed = { readonly forward: Forward; readonly counters: Counters };

/** The profile of a tunnel, which may change while it runs, and its forwards by the numbers that they have for life. */
export class Lineup {
  readonly #onChange: () => void;
  #listed = new Map<number, Listed>();
  #counters: readonly Counters[] = [];
  #profile: Profile;

  constructor(profile: Profile, ids: readonly number[], onChange: () => void) {
    this.#onChange = onChange;
    this.#profile = profile;
    this.change(profile, ids);
  }

  get profile(): Profile {
    return this.#profile;
  }

  /** `ids`: the number of each forward. Whoever keeps his number keeps his counts. */
  change(profile: Profile, ids: readonly number[]): void {
    const before = this.#listed;
    this.#profile = profile;
    this.#listed = new Map(
      profile.forwards.flatMap((forward, index) => {
        const id = ids[index];
        return id === undefined ? [] : [[id, { forward, counters: before.get(id)?.counters ?? new Counters(this.#onChange) }] as const];
      }),
    );
    this.#counters = [...this.#listed.values()].map(({ counters }) => counters);
  }

  /** Undefined for one that the profile has no more. */
  forward(id: number): Forward | undefined {
    return this.#listed.get(id)?.forward;
  }

  countersOf(id: number): Counters | undefined {
    return this.#listed.get(id)?.counters;
  }

  /** Bytes of the forwards whose targets lie behind hops: those that another connection could carry. */
  get carried(): { readonly sent: number; readonly received: number } {
    let [sent, received] = [0, 0];
    for (const { forward, counters } of this.#listed.values()) {
      if (forward.from === 'local') continue;
      sent += counters.sent;
      received += counters.received;
    }
    return { sent, received };
  }

  /** In the order of the profile. */
  get counters(): readonly Counters[] {
    return this.#counters;
  }
}
