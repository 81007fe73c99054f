import type { Duplex } from 'node:stream';
import type { ClientErrorExtensions, ConnectConfig, NegotiatedAlgorithms } from 'ssh2';
import type { CipherCosts } from '../../model/cipher-costs.ts';
import { type Problem, ProblemError } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import { deferred } from '../../platform/deferred.ts';
import { OVER } from '../../platform/over.ts';
import { connectExtended } from '../extensions/connect.ts';
import type { KeySource } from '../extensions/spare-keys.ts';
import { Client } from '../extensions/ssh2.ts';
import type { Watched } from '../identity/logins/asking.ts';
import type { Login } from '../identity/logins/auth-handler.ts';
import { type Certificate, parseCertificate, plainKeyOf } from '../identity/keys/certificate.ts';
import { fingerprintOf } from '../identity/host-keys/host-key.ts';
import type { HostVerifier } from '../identity/host-keys/host-verifier.ts';
import type { OnRemark } from '../remark.ts';
import type { ResolvedHop } from '../types.ts';
import { algorithmsFor, mismatch } from './algorithms.ts';
import { answerSftpClose, onServerDebug } from './internals.ts';
import { listenToBanner } from './banner.ts';
import { listenToGreeting } from './greeting.ts';
import { loginDoor } from './login-door.ts';
import { type Phase, problemOfSession } from './session-problem.ts';

export type SessionGiven = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly verifier: HostVerifier;
  readonly login: Login;
  /** While a person is waited for no deadline runs; then it begins anew. */
  readonly asking?: Pick<Watched, 'waiting' | 'onChange'>;
  /** Until then the server is neither judged nor shown anything; left out: at once. */
  readonly vouched?: Promise<void>;
  /** The server has shown that it is alive and is who it should be; the login follows. */
  readonly onHandshake?: () => void;
  readonly onRemark?: OnRemark;
  readonly keys?: KeySource;
  readonly cipherCosts?: () => CipherCosts | null;
};

export type Session = {
  readonly client: Client;
  readonly said: ServerWords;
  /** Fingerprint of the host key that was accepted. */
  readonly hostKey: string;
  /** Null: it showed a plain key. Whether anybody has vouched for it is not said: the key in it may be known by itself. */
  readonly hostCertificate: Certificate | null;
  /** What we send is encrypted by it. */
  readonly cipher: string;
};

/** What the server said in SSH_MSG_DEBUG since the login began, oldest first; bounded. */
export type ServerWords = { readonly all: readonly string[]; since(mark: number): readonly string[]; mark(): number };

/** A login may wait for a slow directory service; more than this is a server that hangs. */
const LOGIN_MS = 30_000;

/**
 * Key exchange, host key and login over a connected stream. A new Client each time: after an error
 * an ssh2 client cannot be used again. Rejects with the ProblemError of the phase that failed.
 */
export async function openSession(stream: Duplex, hop: ResolvedHop, given: SessionGiven): Promise<Session> {
  const client = new Client();
  const attempt = new Attempt(client, hop, { ...given, greeting: listenToGreeting(stream) });
  try {
    const said = attempt.begin(stream);
    await attempt.done;
    return { client, said, ...attempt.shown, cipher: attempt.cipher };
  } catch (error) {
    // ssh2 may still speak after its first error, and without a listener that would end the process.
    client.on('error', () => {});
    stream.destroy();
    throw error;
  } finally {
    attempt.end();
  }
}

type AttemptGiven = SessionGiven & { readonly greeting: ReturnType<typeof listenToGreeting> };

class Attempt {
  readonly #client: Client;
  readonly #hop: ResolvedHop;
  readonly #given: AttemptGiven;
  readonly #greeting: AttemptGiven['greeting'];
  readonly #result = deferred<void>();
  #phase: Phase = 'greeting';
  #refusedKey: Problem | null = null;
  #mismatch: () => Problem | null = () => null;
  #cipher = '';
  readonly #door = loginDoor({
    hostVerifier: (key, answer) => this.#verify(key, answer),
    authHandler: (...args) => this.#given.login.handler(...args),
  });
  #accepted: string | null = null;
  #shown: Pick<Session, 'hostKey' | 'hostCertificate'> = { hostKey: '', hostCertificate: null };
  #patienceMs = 0;
  #cancelDeadline = () => {};
  /** Ends a question about the host key with the attempt. */
  readonly #over = new AbortController();

  constructor(client: Client, hop: ResolvedHop, given: AttemptGiven) {
    this.#client = client;
    this.#hop = hop;
    this.#given = given;
    this.#greeting = given.greeting;
  }

  get done(): Promise<void> {
    return this.#result.promise;
  }

  get shown(): Pick<Session, 'hostKey' | 'hostCertificate'> {
    return this.#shown;
  }

  get cipher(): string {
    return this.#cipher;
  }

  begin(stream: Duplex): ServerWords {
    const { signal, verifier, login, keys, cipherCosts = () => null } = this.#given;
    signal.throwIfAborted();
    signal.addEventListener('abort', this.#abort, { once: true });
    this.#client.on('handshake', this.#onHandshake).on('ready', this.#onReady).on('error', this.#onError).on('close', this.#onClose);
    this.#deadline(this.#hop.connectTimeoutMs);
    this.#given.asking?.onChange(() => this.#deadline(this.#patienceMs));
    const algorithms = algorithmsFor(this.#hop, { hostKeys: verifier.algorithms, cipherCosts: cipherCosts() });
    const { theirs } = connectExtended(this.#client, {
      sock: stream as NonNullable<ConnectConfig['sock']>,
      username: this.#hop.user,
      algorithms,
      ...(keys && { keys }),
      hostVerifier: this.#door.hostVerifier,
      authHandler: this.#door.authHandler,
      // Both would end the socket that recovery needs: our own deadlines and pings take their place.
      readyTimeout: 0,
      keepaliveInterval: 0,
      strictVendor: false,
    });
    this.#mismatch = () => {
      const offered = theirs();
      return offered && mismatch(this.#hop, algorithms, offered);
    };
    listenToBanner(this.#client, this.#hop, this.#given.onRemark);
    login.attach(this.#client, (because) => this.#result.reject(new ProblemError(because)));
    // It may have been closed while the credentials were read; a closed stream says nothing more.
    if (stream.destroyed) this.#fail(null);
    return listenToServer(this.#client);
  }

  end(): void {
    this.#over.abort(OVER);
    this.#door.close(this.#accepted);
    this.#given.asking?.onChange(() => {});
    this.#cancelDeadline();
    this.#greeting.stop();
    this.#given.signal.removeEventListener('abort', this.#abort);
    this.#client.off('handshake', this.#onHandshake).off('ready', this.#onReady).off('error', this.#onError).off('close', this.#onClose);
  }

  /** An answer that is at hand is given at once, as in a later key exchange, when traffic waits for it. */
  #verify(shown: Buffer, answer: (isTrusted: boolean) => void): boolean | undefined {
    const { verifier, signal, vouched = Promise.resolve() } = this.#given;
    if (verifier.trusts(shown)) return true;
    // A copy, as it lies in a packet whose memory is used again.
    const key = Buffer.from(shown);
    const given = AbortSignal.any([signal, this.#over.signal]);
    const judged = vouched.then(() => verifier.verify(key, given));
    void judged.then(
      (refused) => {
        if (given.aborted) return;
        this.#refusedKey = refused;
        this.#shown = { hostKey: fingerprintOf(plainKeyOf(key)), hostCertificate: parseCertificate(key) };
        if (refused === null) {
          this.#accepted = fingerprintOf(key);
          verifier.follow(this.#client);
        }
        answer(refused === null);
      },
      // Only that the attempt is over.
      () => {},
    );
    return undefined;
  }

  readonly #abort = (): void => this.#result.reject(this.#given.signal.reason);
  readonly #onHandshake = ({ cs }: NegotiatedAlgorithms): void => {
    this.#cipher = cs.cipher;
    if (this.#phase === 'login') return;
    this.#phase = 'login';
    this.#deadline(LOGIN_MS);
    this.#given.onHandshake?.();
  };
  readonly #onReady = (): void => this.#result.resolve();
  readonly #onError = (error: Error & ClientErrorExtensions): void => {
    // A signature that an agent could not make ends one key's try, not the login.
    if (error.level !== 'agent') this.#fail(error);
  };
  readonly #onClose = (): void => this.#fail(null);

  #fail(error: (Error & ClientErrorExtensions) | null, lateMs: number | null = null): void {
    const failed = problemOfSession({
      hop: this.#hop,
      phase: this.#phase === 'greeting' && this.#greeting.isSsh() ? 'handshake' : this.#phase,
      error,
      lateMs,
      greeting: this.#greeting.text(),
      refusedKey: this.#refusedKey,
      waiting: this.#given.asking?.waiting() === true,
      mismatch: this.#mismatch(),
      login: this.#given.login,
    });
    this.#result.reject(new ProblemError(failed, { cause: error ?? undefined }));
  }

  #deadline(ms: number): void {
    this.#patienceMs = ms;
    this.#cancelDeadline();
    if (this.#given.asking?.waiting() === true) return;
    this.#cancelDeadline = this.#given.clock.after(ms, () => this.#fail(null, ms));
  }
}

const WORDS_KEPT = 100;

function listenToServer(client: Client): ServerWords {
  const all: string[] = [];
  let dropped = 0;
  answerSftpClose(client);
  onServerDebug(client, (message) => {
    all.push(message.slice(0, 500));
    if (all.length > WORDS_KEPT) dropped += all.splice(0, all.length - WORDS_KEPT).length;
  });
  return { all, mark: () => dropped + all.length, since: (mark) => all.slice(Math.max(0, mark - dropped)) };
}
