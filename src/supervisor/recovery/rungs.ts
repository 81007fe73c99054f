import { judgeBinding } from '../../decide/judge-binding.ts';
import { type BoundEvidence, boundProblem, judgeBound } from '../../decide/judge-bound.ts';
import type { History } from '../../decide/recover.ts';
import { serverPatience } from '../../decide/server-patience.ts';
import { type Address, isSocket, printAddress } from '../../model/address.ts';
import type { DeadSession, DeadSocketFile, Evidence } from '../../model/binding.ts';
import type { Problem } from '../../model/problem.ts';
import type { Profile } from '../../model/profile.ts';
import type { SessionRecord } from '../../model/session-record.ts';
import type { Clock } from '../../platform/clock.ts';
import { knock } from '../../ssh/links/knock.ts';
import { gatherEvidence } from '../../ssh/recovery/evidence/gather-evidence.ts';
import { type Evicted, evict } from '../../ssh/recovery/steps/evict.ts';
import { type Unlinked, unlinkSocket } from '../../ssh/recovery/steps/unlink-socket.ts';
import { listenTested, type TestedListener, tryLoopbacks } from '../../ssh/recovery/steps/tested-listener.ts';
import { lookAtBound } from '../../ssh/recovery/steps/verify-binding.ts';
import type { AccountMemory } from '../../ssh/remote/account-memory.ts';
import { isShellKnown } from '../../ssh/remote/on-account.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { Ends, Service } from '../../ssh/types.ts';
import type { Claims } from './claims.ts';
import type { LinkCare } from './link-care.ts';
import type { SessionBook } from './session-book.ts';

export type RungsGiven = {
  readonly clock: Clock;
  readonly book: SessionBook;
  readonly accounts: AccountMemory;
  readonly claims: Claims;
  readonly care: LinkCare;
};

/** What a profile wants done for the sessions that hold its bindings. */
export type CareWanted = Pick<Profile, 'deadman' | 'keepalive'>;

export type Look = {
  readonly tunnel: string;
  readonly listen: Address;
  /** What the server said around the refusal. */
  readonly said: readonly string[];
  readonly mayPoke: boolean;
  readonly takeOver: boolean;
  readonly signal: AbortSignal;
};

type Looked = {
  readonly evidence: Evidence;
  /** The dead session of ours that may hold it. */
  readonly old: SessionRecord | null;
  /** When the binding was connected to; ms. */
  readonly pokedAt: number | null;
};

type Verify = { readonly asked: Address; readonly signal: AbortSignal };

/** Everything that the recovery ladder can do, each with its own deadline, bound to what this supervisor knows. */
export class Rungs {
  readonly #given: RungsGiven;

  constructor(given: RungsGiven) {
    this.#given = given;
  }

  /**
   * Finds out who serves each link, beside everything else. It is the one channel of a command that a connection needs: after
   * it sshd sends without Nagle's delay, which otherwise holds small answers back for 44 ms (set_nodelay in packet.c).
   */
  prime(links: readonly HopLink[]): void {
    const { clock, book } = this.#given;
    for (const link of links) clock.after(PRIME_AFTER_MS, () => void book.entryOf(link));
  }

  /** Notes on disk that this session is about to hold the binding. */
  async enter(link: HopLink, claim: { readonly tunnel: string; readonly listen: Address }): Promise<void> {
    await this.#given.book.enter(link, { tunnel: claim.tunnel, listen: printAddress(claim.listen) });
  }

  async look(link: HopLink, look: Look): Promise<Looked> {
    const { book, claims, accounts, clock, care } = this.#given;
    const old = book.find(link, printAddress(look.listen));
    const own = await book.entryOf(link);
    let pokedAt: number | null = null;
    const request = {
      remote: link,
      listen: look.listen,
      said: look.said,
      record: old,
      heldBefore: book.heldBefore(link, printAddress(look.listen)),
      ownPid: own?.pid ?? null,
      usedByLiveLink: old !== null && book.isLive(old),
      heardBy: claims.holder(link, look.listen, look.tunnel),
      mayPoke: look.mayPoke,
      onPoke: () => void (pokedAt = clock.now()),
      takeOver: look.takeOver,
    };
    const [evidence] = await Promise.all([gatherEvidence(request, { clock, accounts, signal: look.signal }), care.ready(link)]);
    return { evidence, old, pokedAt };
  }

  canKnock(link: HopLink, old: SessionRecord | null): boolean {
    return endsToKnock(link, old) !== null;
  }

  async knock(link: HopLink, old: SessionRecord | null, signal: AbortSignal): Promise<string> {
    const ends = endsToKnock(link, old);
    return ends === null ? 'not-possible' : await knock(ends, { clock: this.#given.clock, signal });
  }

  /** Ending a session takes a shell; where none is known, a command would run into whatever stands in its place. */
  canEvict(link: HopLink): boolean {
    return isShellKnown(link, this.#given.accounts);
  }

  async evict(link: HopLink, session: DeadSession, signal: AbortSignal): Promise<Evicted> {
    if (!this.canEvict(link)) return 'no-answer';
    return await evict(link, session, { clock: this.#given.clock, signal });
  }

  async unlink(link: HopLink, file: DeadSocketFile, signal: AbortSignal): Promise<Unlinked> {
    const { clock, accounts, book } = this.#given;
    const uid = (await book.entryOf(link))?.uid ?? null;
    return await unlinkSocket(link, file, { clock, accounts, signal, uid });
  }

  /**
   * A binding was given back. sshd leaves the file of a Unix socket behind even when the binding is given back in order, and then refuses the next.
   * It is removed if it is still ours and nobody answers there. Never rejects.
   */
  async tidy(link: HopLink, listen: Address): Promise<void> {
    const { clock, accounts, book } = this.#given;
    book.gaveBack(link, printAddress(listen));
    if (!isSocket(listen)) return;
    const late = new AbortController();
    const cancel = clock.after(TIDY_MS, () => late.abort(new Error('late')));
    try {
      const ownPid = (await book.entryOf(link))?.pid ?? null;
      const nothing = { said: [], record: null, heldBefore: null, usedByLiveLink: false, heardBy: null, takeOver: false };
      const request = { remote: link, listen, ownPid, mayPoke: true, ...nothing };
      const verdict = judgeBinding(await gatherEvidence(request, { clock, accounts, signal: late.signal }));
      if (verdict.is === 'ours-stale' && verdict.file !== null) await this.unlink(link, verdict.file, late.signal);
    } catch {
      // The next bind finds the file, and the same proof.
    } finally {
      cancel();
    }
  }

  forget(record: SessionRecord): void {
    this.#given.book.forget(record);
  }

  /**
   * How long the server keeps a session that does not answer; null: unknown or for ever. Where its own keepalive is not
   * known, this is how long at most.
   */
  patience(link: HopLink, poked: { readonly afterMs: number | null }): Pick<History, 'patienceMs' | 'atMost'> {
    const known = this.#given.care.serverKeepalive(link);
    const { ms } = serverPatience({ ident: link.ident, ...known, pokedAfterMs: poked.afterMs });
    return { patienceMs: ms, atMost: known.clientAliveIntervalMs === null };
  }

  async listen(link: HopLink, service: Service): Promise<TestedListener> {
    return await listenTested(link, service);
  }

  /** What is wrong with a binding that the server said yes to; null where it is as asked, or cannot be seen. Never rejects. */
  async verify(link: HopLink, verify: TestedListener & Verify): Promise<Problem | null> {
    const { asked } = verify;
    // Called off, the binding still has to be given back by whoever asked for it.
    const seen = await this.#seeBound(link, verify).catch(() => null);
    return seen === null ? null : boundProblem(judgeBound({ asked, ...seen }), { asked, on: link.hop.name });
  }

  async #seeBound(link: HopLink, { listener, test, signal }: TestedListener & Verify): Promise<Omit<BoundEvidence, 'asked'> | null> {
    const { clock, accounts } = this.#given;
    const { address } = listener;
    const seen = await lookAtBound(link, address, { clock, accounts, signal });
    if (seen !== null || test === null || isSocket(address)) return seen;
    const tried = await tryLoopbacks(link, { test, port: address.port }, { clock, signal });
    return { rows: null, said: [], uid: null, others: [], tried };
  }

  /** The binding is ours: others of this supervisor are told so, and its session is looked after. Returns the release. */
  hold(link: HopLink, held: { readonly address: Address; readonly tunnel: string; readonly care: CareWanted }): () => void {
    const { claims, care } = this.#given;
    const release = claims.hold(link, held.address, held.tunnel);
    void care.begin(link, held);
    // After `0` or a fallback it is another address than the one that was entered before.
    void this.#given.book.hold(link, { tunnel: held.tunnel, listen: printAddress(held.address) });
    return release;
  }
}

/** The first bytes of a tunnel that has just come up are not to wait for it. */
const PRIME_AFTER_MS = 250;

/** How long a tunnel that goes down waits for its socket file's removal. */
const TIDY_MS = 3_000;

/**
 * The ends of the dead connection: as we had them, or, after a crash, as its server saw them. Only a link of our own socket
 * can knock, and SFTP may not have shown the client's end (port 0, which the kernel would take for any).
 */
export function endsToKnock(link: Pick<HopLink, 'ends' | 'reset'>, old: Pick<SessionRecord, 'client'> | null): Ends | null {
  if (link.ends === null) return null;
  const reset = link.reset?.ends.at(-1);
  if (reset !== undefined) return reset;
  return old === null || old.client.port === 0 || old.client.host === '' ? null : { local: old.client, remote: link.ends.remote };
}
