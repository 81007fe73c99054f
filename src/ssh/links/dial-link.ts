import type { CipherCosts } from '../../model/cipher-costs.ts';
import type { Keepalive } from '../../model/profile.ts';
import { ProblemError } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import { OVER } from '../../platform/over.ts';
import { deferred } from '../../platform/deferred.ts';
import { errorBehindCommand } from '../dial/command-problem.ts';
import { dialTcp } from '../dial/dial-tcp.ts';
import type { From } from '../dial/source-address.ts';
import { startCommand } from '../dial/start-command.ts';
import type { DataShared } from '../data/data-shared.ts';
import type { KeySource } from '../extensions/spare-keys.ts';
import { type Watched, watchPerson } from '../identity/logins/asking.ts';
import { createAuthHandler } from '../identity/logins/auth-handler.ts';
import { loadCredentials } from '../identity/logins/credentials.ts';
import { createHostVerifier } from '../identity/host-keys/host-verifier.ts';
import type { Person } from '../identity/logins/person.ts';
import { type Carrier, isOnLoopback } from '../session/carrier.ts';
import type { LinkGiven } from '../session/link-given.ts';
import { LiveLink } from '../session/live-link.ts';
import { problemOfNextHop } from '../session/open-channel.ts';
import { openSession } from '../session/open-session.ts';
import { keepKeysFresh } from '../session/rekey.ts';
import type { OnRemark } from '../remark.ts';
import type { Reset, ResolvedHop } from '../types.ts';

export type DialLinkGiven = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly keepalive: Keepalive;
  readonly person: Person;
  /** The link that carries this one; null: dialled from here. */
  readonly via: LiveLink | null;
  /** Resolves once it is certain that this hop is to be logged in to; left out: it is. */
  readonly vouched?: Promise<void>;
  readonly onRemark?: OnRemark;
  readonly keys?: KeySource;
  /** What is known of them by now. */
  readonly cipherCosts?: () => CipherCosts | null;
  /** Null or left out: the channels are ssh2's own. */
  readonly data?: DataShared | null;
  readonly onSuspect: (link: LiveLink, suspect: boolean) => void;
  /** The server's address answers again. */
  readonly onReached: () => void;
  /** The server itself answers again. */
  readonly onHandshake: () => void;
  /** What these two have done to the connection before; asked once the login is done. */
  readonly resetBefore: () => Reset | null;
};

/** One hop from nothing to a logged-in link. What needs no network runs beside what does. */
export async function dialLink(hop: ResolvedHop, given: DialLinkGiven): Promise<LiveLink> {
  const over = new AbortController();
  let calm = (): void => {};
  try {
    calm = given.via?.hurry() ?? calm;
    return await dialAsking(hop, given, { ...watchPerson(given.person), signal: AbortSignal.any([given.signal, over.signal]) });
  } finally {
    calm();
    // A question whose connection is over would be answered in vain.
    over.abort(OVER);
  }
}

type Asking = Watched & { readonly signal: AbortSignal };

async function dialAsking(hop: ResolvedHop, given: DialLinkGiven, asking: Asking): Promise<LiveLink> {
  const [carrier, verifier, login] = await allOrUndo(hop, given, asking);
  const { onRemark = () => {} } = given;
  given.onReached();
  const session = await openSession(carrier.stream, hop, {
    clock: given.clock,
    signal: given.signal,
    verifier,
    login,
    asking,
    ...(given.vouched && { vouched: given.vouched }),
    onHandshake: given.onHandshake,
    onRemark,
    ...(given.keys && { keys: given.keys }),
    ...(given.cipherCosts && { cipherCosts: given.cipherCosts }),
  }).catch((error: unknown) => {
    throw carrier.kind === 'command' ? errorBehindCommand(error, hop.name, carrier.stream) : error;
  });
  return linkOver({
    hop,
    session,
    carrier,
    keepalive: given.keepalive,
    clock: given.clock,
    reset: given.resetBefore(),
    data: given.data ?? null,
    onRemark,
    onSuspect: given.onSuspect,
  });
}

type OverGiven = Omit<LinkGiven, 'onSuspect'> & Pick<DialLinkGiven, 'onSuspect'>;

/** Apart from the dial, which what stays with the link would keep. */
function linkOver({ onSuspect, ...given }: OverGiven): LiveLink {
  const link: LiveLink = new LiveLink({ ...given, onSuspect: (suspect) => onSuspect(link, suspect) });
  const { hop, session, clock } = given;
  void link.lost.then(keepKeysFresh({ client: session.client, traffic: link.traffic, limit: hop.rekey, clock }));
  return link;
}

/** Missing credentials and unreadable files come before any network trouble: they will not pass by themselves. */
async function allOrUndo(hop: ResolvedHop, given: DialLinkGiven, asking: Asking) {
  const abort = new AbortController();
  const signal = AbortSignal.any([given.signal, abort.signal]);
  const carrier = carrierFor(hop, { ...given, signal });
  carrier.catch(() => {});
  try {
    const { clock, onRemark = () => {} } = given;
    const [verifier, credentials] = await Promise.all([
      createHostVerifier(hop, {
        person: asking.person,
        now: () => clock.now(),
        onRemark,
        onLoopback: async () => isOnLoopback(await carrier),
      }),
      loadCredentials(hop, { ...asking, clock }),
    ]);
    return [await carrier, verifier, createAuthHandler(hop, credentials, asking)] as const;
  } catch (error) {
    abort.abort(error);
    void carrier.then((unused) => unused.stream.destroy()).catch(() => {});
    throw error;
  }
}

async function carrierFor(hop: ResolvedHop, given: DialLinkGiven): Promise<Carrier> {
  if (given.via !== null) return { kind: 'channel', stream: await throughHop(hop, given.via, given) };
  const { command, agent } = hop.way;
  if (command !== null) return { kind: 'command', stream: await startCommand({ host: hop.name, command, agent }, given) };
  const request = { host: hop.host, port: hop.port, family: hop.addressFamily, timeoutMs: hop.connectTimeoutMs, from: fromOf(hop.way) };
  return { kind: 'socket', stream: await dialTcp(request, given) };
}

/** BindAddress counts before BindInterface (sshconnect.c, ssh_create_socket). */
function fromOf({ bindAddress, bindInterface }: ResolvedHop['way']): From | null {
  if (bindAddress !== null) return { setting: 'BindAddress', value: bindAddress };
  return bindInterface === null ? null : { setting: 'BindInterface', value: bindInterface };
}

async function throughHop(hop: ResolvedHop, via: LiveLink, given: DialLinkGiven) {
  const late = deferred<never>();
  const abort = () => late.reject(given.signal.reason);
  given.signal.addEventListener('abort', abort, { once: true });
  const opening = via.openRaw({ host: hop.host, port: hop.port });
  const about = { host: hop.host, port: hop.port, via: via.hop.name, ms: hop.connectTimeoutMs };
  const cancel = given.clock.after(hop.connectTimeoutMs, () => late.reject(new ProblemError({ code: 'hop-no-answer', facts: about })));
  try {
    given.signal.throwIfAborted();
    return await Promise.race([opening, late.promise]);
  } catch (error) {
    void opening.then((unused) => unused.destroy()).catch(() => {});
    if (given.signal.aborted) throw given.signal.reason;
    throw new ProblemError(problemOfNextHop(error, about, via.hop.name), { cause: error });
  } finally {
    cancel();
    given.signal.removeEventListener('abort', abort);
  }
}
