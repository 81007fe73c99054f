import type { Duplex } from 'node:stream';
import type { Client, SFTPWrapper } from 'ssh2';
import type { Liveness } from '../../decide/liveness.ts';
import type { Address, TcpAddress } from '../../model/address.ts';
import type { Keepalive } from '../../model/profile.ts';
import { type Problem, ProblemError, problem } from '../../model/problem.ts';
import { deferred } from '../../platform/deferred.ts';
import { Roster } from '../../platform/roster.ts';
import type { Certificate } from '../identity/keys/certificate.ts';
import type { Overheard, Remote, RemoteProcess } from '../remote/types.ts';
import type { Ends, Link, Offer, RemoteBinding, Reset, ResolvedHop } from '../types.ts';
import { endsOf, ParkedSocket } from './carrier.ts';
import { type Channels, channelsOf } from './channels.ts';
import { Commands } from './commands.ts';
import type { LinkGiven } from './link-given.ts';
import { nudge } from './nudges.ts';
import { Offers } from './offers.ts';
import { answerAtOnce, onServerKeepalive, sendPing, serverVersion } from './internals.ts';
import { problemOfTarget } from './open-channel.ts';
import type { ServerWords } from './open-session.ts';
import { problemOfLoss } from './session-problem.ts';
import { type BindGiven, bindThere, unbindThere } from './remote-binding.ts';
import { Watcher } from './watcher.ts';

/** A logged-in session as the rest of the program sees it. It is lost once and never comes back. */
export class LiveLink implements Link, Remote, Overheard {
  readonly hop: ResolvedHop;
  readonly lost: Promise<Problem>;
  readonly hostKey: string;
  readonly hostCertificate: Certificate | null;
  readonly cipher: string;
  readonly #given: LinkGiven;
  readonly #lost = deferred<Problem>();
  readonly #channels: Channels;
  readonly #watcher: Watcher;
  readonly #offers: Offers;
  readonly #commands: Commands;
  readonly #waiting = new Roster<(because: Error) => void>();
  readonly #goodbyes: (() => Promise<void>)[] = [];
  #problem: Problem | null = null;

  constructor(given: LinkGiven) {
    this.#given = given;
    this.hop = given.hop;
    this.lost = this.#lost.promise;
    const { client } = given.session;
    ({ hostKey: this.hostKey, hostCertificate: this.hostCertificate, cipher: this.cipher } = given.session);
    const { stream } = given.carrier;
    this.#channels = channelsOf({
      client,
      stream,
      data: given.data ?? null,
      rttMs: () => this.#watcher.rttMs,
      onRemark: given.onRemark ?? (() => {}),
    });
    this.#offers = new Offers(this.#channels);
    const calm = nudge({ client, traffic: this.#channels, clock: given.clock });
    void this.lost.then(calm);
    this.#commands = new Commands({ client: () => this.#usable(), clock: given.clock, ident: () => this.ident, onOpened: calm });
    client
      .on('error', (error) => this.#closed(error))
      .on('end', () => this.#closed())
      .on('close', () => this.#closed());
    this.#watcher = new Watcher({
      client,
      traffic: this.#channels,
      keepalive: given.keepalive,
      clock: given.clock,
      onChange: (is) => this.#livenessChanged(is),
    });
    // A close in the same breath as the login's success has been told to nobody.
    if (stream.destroyed) this.#closed();
  }

  get rttMs(): number | null {
    return this.#watcher.rttMs;
  }

  get suspect(): boolean {
    return this.#watcher.is === 'suspect';
  }

  get silentMs(): number {
    return this.#watcher.silentMs;
  }

  open(to: Address, origin: TcpAddress | null): Promise<Duplex> {
    return this.openRaw(to, origin).catch((error: unknown) => {
      throw new ProblemError(problemOfTarget(error, to, this.hop.name), { cause: error });
    });
  }

  get ends(): Ends | null {
    const { carrier } = this.#given;
    return carrier.kind === 'socket' ? endsOf(carrier.stream) : null;
  }

  get reset(): Reset | null {
    return this.#given.reset ?? null;
  }

  setKeepalive(keepalive: Keepalive): void {
    this.#watcher.setKeepalive(keepalive);
  }

  get ident(): string {
    return serverVersion(this.#given.session.client);
  }

  get said(): ServerWords {
    return this.#given.session.said;
  }

  onServerKeepalive(seen: (since: 'quiet' | 'busy') => void): () => void {
    return onServerKeepalive(this.#given.session.client, seen);
  }

  async ping(): Promise<void> {
    const answered = deferred<void>();
    sendPing(this.#usable(), () => answered.resolve());
    await this.#orLost(answered.promise);
  }

  hurry = (): (() => void) => answerAtOnce(this.#usable(), this.#channels);

  async openRaw(to: Address, origin: TcpAddress | null = null): Promise<Duplex> {
    if (this.#problem !== null) throw new ProblemError(this.#problem);
    return await this.#orLost(this.#channels.open(to, origin));
  }

  async exec(command: string): Promise<RemoteProcess> {
    return await this.#orLost(this.#commands.exec(command));
  }

  /** What is seen of its bytes. */
  get traffic(): Pick<Channels, 'onReceived' | 'onSent' | 'usage'> {
    return this.#channels;
  }

  async sftp(): Promise<SFTPWrapper> {
    return await this.#orLost(this.#commands.sftp());
  }

  async tryListen(at: Address): Promise<RemoteBinding> {
    return await this.listen(at, (offer) => offer.reject());
  }

  async listen(at: Address, onOffer: (offer: Offer) => void): Promise<RemoteBinding> {
    if (this.#problem !== null) throw new ProblemError(this.#problem);
    const given = this.#bindGiven();
    const unexpect = this.#offers.expect(at, onOffer);
    const address = await bindThere(at, given).finally(unexpect);
    this.#offers.add(address, onOffer);
    return {
      address,
      close: async () => {
        this.#offers.remove(address);
        // Without the server's word the session's end frees the binding.
        if (this.#problem === null) await unbindThere(address, given).catch(() => {});
      },
    };
  }

  beforeClose(work: () => Promise<void>): void {
    this.#goodbyes.push(work);
  }

  async close(deadlineMs: number): Promise<void> {
    const { session, carrier, clock } = this.#given;
    const closed = deferred<void>();
    session.client.once('close', () => closed.resolve());
    const cancel = clock.after(deadlineMs, () => closed.resolve());
    const goodbyes = Promise.allSettled(this.#goodbyes.splice(0).map((work) => work()));
    if (this.#problem === null) await Promise.race([goodbyes, closed.promise]);
    if (carrier.stream.destroyed) closed.resolve();
    this.#lose(problem('asked-down', {}));
    session.client.end();
    await closed.promise;
    cancel();
    carrier.stream.destroy();
    // Nobody else would wait for a process that takes its time to end, and the supervisor may be about to.
    if (carrier.kind === 'command') await carrier.stream.gone;
  }

  /** Gives the link up without a word to the server; a socket is kept for its reset, a channel is closed, a command ended. */
  abandon(because: Problem): ParkedSocket | null {
    const { carrier } = this.#given;
    this.#lose(because);
    if (carrier.kind === 'socket' && !carrier.stream.destroyed) return new ParkedSocket(carrier.stream);
    carrier.stream.destroy();
    return null;
  }

  #usable(): Client {
    if (this.#problem !== null) throw new ProblemError(this.#problem);
    return this.#given.session.client;
  }

  #bindGiven(): BindGiven {
    const { session, clock } = this.#given;
    return {
      client: session.client,
      clock,
      said: session.said,
      hop: this.hop.name,
      isLost: () => this.#problem !== null,
      orLost: (work) => this.#orLost(work),
    };
  }

  /** A request on a dead connection is never answered. (Racing `lost` itself would keep every request for the link's whole life.) */
  #orLost<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const seat = this.#waiting.enter(reject);
      const over = (): void => this.#waiting.leave(seat);
      work.then(
        (value) => (over(), resolve(value)),
        (error: Error) => (over(), reject(error)),
      );
    });
  }

  #livenessChanged(is: Liveness['is']): void {
    if (is === 'dead') this.#lose(problem('link-silent', { host: this.hop.name, ms: this.#patienceMs() }));
    else this.#given.onSuspect(is === 'suspect');
  }

  #patienceMs(): number {
    const { intervalMs, countMax } = this.#watcher.keepalive;
    return intervalMs * (countMax + 1);
  }

  #closed(error: Error | null = null): void {
    this.#lose(problemOfLoss(this.hop.name, error));
    this.#given.carrier.stream.destroy();
  }

  #lose(because: Problem): void {
    if (this.#problem !== null) return;
    this.#problem = because;
    this.#watcher.stop();
    this.#offers.clear();
    this.#lost.resolve(because);
    // What the server has answered before, in the same read even, is answered.
    queueMicrotask(() => this.#waiting.members().forEach((giveUp) => giveUp(new ProblemError(because))));
    this.#commands.stop(new ProblemError(because));
    this.#channels.stop(new ProblemError(because));
  }
}
