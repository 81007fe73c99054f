import type { Client, ServerHostKeyAlgorithm } from 'ssh2';
import { isPinned } from '../../../decide/judge-host-key.ts';
import { problem, problemOf, ProblemError, type Problem } from '../../../model/problem.ts';
import { type HostKeyOffer, watchHostKeys } from '../../extensions/offered-host-keys.ts';
import type { OnRemark } from '../../remark.ts';
import type { ResolvedHop } from '../../types.ts';
import { type AlgorithmsGiven, hostKeyAlgorithms } from './host-key-algorithms.ts';
import { describeKey, printKey } from './host-key.ts';
import { judgeHost, readShown, type ShownHost } from './host-judgement.ts';
import { toHostProblem } from './host-problem.ts';
import { isWelcome } from './host-question.ts';
import { updateHostKeys } from './host-rotation.ts';
import { appendKnownHost } from './known-hosts-append.ts';
import { runKnownHostsCommand } from './known-hosts-command.ts';
import { unwritable } from './known-hosts-unwritable.ts';
import { joinKnown, keysOfCommand, loadKnownKeys, nameOfHop, type KnownKeys } from './known-keys.ts';
import { NOBODY, type Person } from '../logins/person.ts';
import { type Pins, pinsOf } from './pinned-keys.ts';

/** For one connection attempt: the files are read anew for each, so that a person's correction counts at once. */
export type HostVerifier = {
  /** For ssh2's `algorithms.serverHostKey`. */
  readonly algorithms: ServerHostKeyAlgorithm[];
  /**
   * Null: trusted. Otherwise the `host-key-...` or `host-certificate-refused` that it is, or what went wrong in finding
   * out. A person may be asked; rejects only with the signal's reason.
   */
  verify(key: Buffer, signal: AbortSignal): Promise<Problem | null>;
  /** Whether this very key has been verified: at a later key exchange nothing is read and nobody is asked again. */
  trusts(key: Buffer): boolean;
  /** Takes over the keys that the server is going to have, where UpdateHostKeys wants it; for the client whose key was verified. */
  follow(client: Client): void;
};

export type VerifierGiven = {
  readonly person: Person;
  /** The wall clock, ms. */
  readonly now: () => number;
  readonly onRemark: OnRemark;
  /** Whether the server was reached at a loopback address. */
  readonly onLoopback: () => Promise<boolean>;
};

/** Rejects with `known-hosts-command-failed`, or with `algorithms-missing` where HostKeyAlgorithms names none that we have. */
export async function createHostVerifier(hop: ResolvedHop, given: Partial<VerifierGiven> = {}): Promise<HostVerifier> {
  const files = await loadKnownKeys(hop);
  const keys = joinKnown(files, keysOfCommand(hop, await runKnownHostsCommand(hop, { for: 'ORDER' })));
  const algorithms = algorithmsFor(hop, keys);
  if (algorithms.length === 0) {
    const asked = hop.algorithms.hostKey?.join(',') ?? '';
    throw new ProblemError(problem('algorithms-missing', { host: hop.host, port: hop.port, kind: 'hostKey', asked }));
  }
  return new Verifier({
    hop,
    files,
    algorithms,
    given: { person: NOBODY, now: () => Date.now(), onRemark: () => {}, onLoopback: async () => false, ...given },
  });
}

type Parts = {
  readonly hop: ResolvedHop;
  readonly files: KnownKeys;
  readonly algorithms: ServerHostKeyAlgorithm[];
  readonly given: VerifierGiven;
};

class Verifier implements HostVerifier {
  readonly algorithms: ServerHostKeyAlgorithm[];
  readonly #parts: Parts;
  #trusted: Buffer | null = null;
  #mayUpdate = false;
  #following = false;

  constructor(parts: Parts) {
    this.algorithms = parts.algorithms;
    this.#parts = parts;
  }

  async verify(key: Buffer, signal: AbortSignal): Promise<Problem | null> {
    const shown = Buffer.from(key);
    const refused = await this.#judge(shown, signal);
    if (refused === null) this.#trusted = shown;
    return refused;
  }

  trusts(key: Buffer): boolean {
    return this.#trusted?.equals(key) ?? false;
  }

  follow(client: Client): void {
    if (this.#following) return;
    this.#following = true;
    watchHostKeys(client, this.#mayUpdate ? updaterOf(this.#parts) : null);
  }

  async #judge(key: Buffer, signal: AbortSignal): Promise<Problem | null> {
    const { hop, files, given } = this.#parts;
    try {
      const shown = readShown(key);
      const keys = joinKnown(files, keysOfCommand(hop, await runKnownHostsCommand(hop, { for: 'HOSTNAME', key })));
      const judgement = await judgeHost(shown, { hop, keys, now: given.now(), onLoopback: await given.onLoopback() });
      this.#mayUpdate = judgement.is === 'trusted' && judgement.from === 'user';
      if (judgement.is === 'trusted') return null;
      if (judgement.is === 'unknown' && (await this.#welcome(shown, signal))) return null;
      return toHostProblem(judgement, { hop, keys, shown });
    } catch (error) {
      signal.throwIfAborted();
      return problemOf(error);
    }
  }

  async #welcome({ key }: ShownHost, signal: AbortSignal): Promise<boolean> {
    const { hop, given } = this.#parts;
    const welcome = await isWelcome(hop, { offered: describeKey(key), person: given.person, signal });
    if (welcome === 'no') return false;
    signal.throwIfAborted();
    this.#mayUpdate = welcome === 'by-person';
    await remember(hop, { key, by: welcome === 'by-person' ? 'person' : 'policy', onRemark: given.onRemark });
    return true;
  }
}

/** Apart from the verifier, which the client would keep with all of known_hosts. */
function updaterOf({ hop, given: { onRemark } }: Parts): (offer: HostKeyOffer) => Promise<void> {
  return (offer) => updateHostKeys(hop, offer, onRemark);
}

type Welcomed = { readonly key: Buffer; readonly by: 'person' | 'policy'; readonly onRemark: OnRemark };

/** ssh connects though it cannot write the key down, and so do we: the next time it is new again. */
async function remember(hop: ResolvedHop, { key, by, onRemark }: Welcomed): Promise<void> {
  const file = hop.knownHosts.userFiles[0];
  // While a person was asked, another connection may have written it.
  const { known } = await loadKnownKeys(hop);
  if (file === undefined || known.some(({ blob }) => blob === key.toString('base64'))) return;
  const { host, port, trust } = hop;
  await appendKnownHost(file, { name: nameOfHop(hop), key, hash: trust.hash }).then(
    () => onRemark({ is: 'host-key-added', host, port, key: printKey(key), file, by }),
    (error: unknown) => onRemark({ is: 'trouble', problem: unwritable(hop, { file, error, what: 'new' }) }),
  );
}

/**
 * A pin does not say whose key it is, nor its type; where known_hosts has that key, this does. Else it may be an authority's.
 * What is known for the bare name has no say in the order, as in ssh: a server on another port would be asked for that one's key.
 */
function algorithmsFor(hop: ResolvedHop, keys: KnownKeys): ServerHostKeyAlgorithm[] {
  const pins = pinsOf(hop);
  const { known, authorities } = keys;
  const expected = pins === null ? { known, certified: authorities.length > 0 } : expectedOf(pins, keys);
  return hostKeyAlgorithms({ ...expected, configured: hop.algorithms.hostKey });
}

function expectedOf(pins: Pins, { known, withoutPort }: KnownKeys): Pick<AlgorithmsGiven, 'known' | 'certified'> {
  if (pins.are === 'fingerprints') {
    const pinned = [...known, ...withoutPort].filter((key) => isPinned(key, pins.all));
    return { known: pinned, certified: pinned.length === 0 };
  }
  // Of several, one that known_hosts has too: it must not disagree.
  const agreed = pins.plain.filter((pin) => known.some(({ blob }) => blob === pin.blob));
  return { known: agreed.length > 0 ? agreed : pins.plain, certified: agreed.length === 0 && pins.authorities.length > 0 };
}
