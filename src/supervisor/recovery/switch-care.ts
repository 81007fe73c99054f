import type { SessionIdentity } from '../../model/session-record.ts';
import type { Clock } from '../../platform/clock.ts';
import { armDeadMansSwitch, type DeadMansSwitch } from '../../ssh/recovery/steps/dead-mans-switch.ts';
import type { AccountMemory } from '../../ssh/remote/account-memory.ts';
import { isShellKnown } from '../../ssh/remote/on-account.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { Log } from '../log.ts';
import type { SessionBook } from './session-book.ts';

export type SwitchCareGiven = {
  readonly clock: Clock;
  readonly accounts: AccountMemory;
  readonly book: Pick<SessionBook, 'entryOf'>;
  readonly log: Log;
};

/** `seconds`: how long the server waits for us before it ends the session. */
export type SwitchWanted = { readonly seconds: number; readonly tunnel: string };

type Held = SwitchWanted & { readonly armed: Promise<DeadMansSwitch | null> };

/** At most one dead-man's switch for each link: the strictest that a tunnel wants. One that somebody kills is armed again, once. */
export class SwitchCare {
  readonly #given: SwitchCareGiven;
  readonly #held = new Map<HopLink, Held>();
  readonly #never = new AbortController();

  constructor(given: SwitchCareGiven) {
    this.#given = given;
  }

  /** Resolves once it is asked for, whether or not it can be had. */
  async arm(link: HopLink, wanted: SwitchWanted): Promise<void> {
    if (wanted.seconds === 0) return;
    const identity = await this.#given.book.entryOf(link);
    const before = this.#held.get(link);
    if (identity === null || !isShellKnown(link, this.#given.accounts)) return;
    if (before !== undefined && before.seconds <= wanted.seconds) return;
    if (before === undefined) this.#endWith(link);
    const held = this.#armNow(link, identity, wanted);
    void this.#ended(link, held).then((isKilled) => (isKilled ? this.#armAgain(link, identity, wanted) : undefined));
    await (await before?.armed)?.disarm();
  }

  #armNow(link: HopLink, identity: SessionIdentity, wanted: SwitchWanted): Held {
    const given = { seconds: wanted.seconds, identity, clock: this.#given.clock, signal: this.#never.signal };
    const held = { ...wanted, armed: armDeadMansSwitch(link, given).catch(() => null) };
    this.#held.set(link, held);
    return held;
  }

  #endWith(link: HopLink): void {
    void link.lost.then(() => this.#held.delete(link));
    link.beforeClose(async () => {
      const held = this.#held.get(link);
      this.#held.delete(link);
      await (await held?.armed)?.disarm();
    });
  }

  /** Resolves with whether its far end is gone although nobody here disarmed it and the link lives. */
  async #ended(link: HopLink, held: Held): Promise<boolean> {
    const armed = await held.armed;
    if (armed === null) return false;
    await armed.ended;
    // A link's end may show at its channels first.
    const answers = await link.ping().then(
      () => true,
      () => false,
    );
    return answers && this.#held.get(link) === held;
  }

  #armAgain(link: HopLink, identity: SessionIdentity, wanted: SwitchWanted): void {
    this.#armNow(link, identity, wanted);
    const text = `The dead-man's switch on ${link.hop.name} has ended without us; it was armed once more.`;
    this.#given.log.info('switch-armed-again', { tunnel: wanted.tunnel, text });
  }
}
