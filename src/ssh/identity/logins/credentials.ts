import type { AgentAuthMethod, PublicKeyAuthMethod } from 'ssh2';
import { ProblemError, type Problem } from '../../../model/problem.ts';
import { systemClock, type Clock } from '../../../platform/clock.ts';
import type { ResolvedHop } from '../../types.ts';
import { type Agent, AGENT_DEADLINES, type AgentDeadlines, UNATTENDED_DEADLINES } from '../keys/agent.ts';
import { askedAt } from './asking.ts';
import { type CertificateRemark, certificateRemarks, isOutOfTime } from '../keys/certificate-remarks.ts';
import { type KeyRing, readKeyRing } from '../keys/key-ring.ts';
import type { SignTrouble } from '../keys/login-key.ts';
import { unlockEachOnce } from '../keys/locked-key.ts';
import { methodOf, methodOfUnknown } from './login-method.ts';
import { agentUnusable, nothingToLogInWith } from './no-credentials.ts';
import { orderKeys } from '../keys/order-keys.ts';
import { NOBODY, type Person } from './person.ts';
import { unusedKeys, type UsableKey, usableKeys } from '../keys/usable-keys.ts';

/** One key to log in with. */
export type LoginMethod = {
  /** What the user is told was tried: `agent key SHA256:... (comment)`, or the file's path; with what a certificate has against it. */
  readonly label: string;
  /** Of the key, also where it is a certificate. */
  readonly fingerprint: string;
  readonly method: AgentAuthMethod | PublicKeyAuthMethod;
  /** Why it ended without the server's word; null: it has not. */
  readonly trouble: () => SignTrouble | null;
  /** Path of a file that needs a passphrase. */
  readonly locked?: string;
};

export type Credentials = {
  /** In the order to try; no key twice. */
  readonly methods: readonly LoginMethod[];
  /** `key-unusable` of keys and certificates that were asked for, `agent-unusable`. */
  readonly skipped: readonly Problem[];
  /** `key-unusable` or `no-credentials` where there is no key at all. */
  readonly nothing: Problem | null;
  readonly certificates: readonly CertificateInUse[];
};

/** A user certificate that is tried, and what is to be said of it. */
export type CertificateInUse = { readonly label: string; readonly path: string | null; readonly remarks: readonly CertificateRemark[] };

export type CredentialsGiven = {
  readonly agent?: AgentDeadlines;
  readonly person?: Person;
  readonly clock?: Clock;
  /** Ends what waits for a person. */
  readonly signal?: AbortSignal;
};

/**
 * The keys and certificates to try at a hop, in the order of `orderKeys`. Read anew for each login: agents and files change.
 * An agent that cannot be used is told in `skipped`, and the rest goes on without it.
 * Rejects with ProblemError `key-unusable` or `no-credentials` where there is no key and nobody can be asked for anything else.
 */
export async function loadCredentials(hop: ResolvedHop, given: CredentialsGiven = {}): Promise<Credentials> {
  const { person = NOBODY, clock = systemClock } = given;
  const asked = askedAt(hop, given);
  const deadlines = given.agent ?? (asked === null ? UNATTENDED_DEADLINES : AGENT_DEADLINES);
  const agent: Agent | null = hop.agent === null ? null : { socket: hop.agent, deadlines, clock };
  const ring = await readKeyRing(hop, agent);
  const now = clock.now();
  const { usable, refused } = usableKeys(hop, orderKeys(hop, ring));
  const keys = expiredLast(usable, now).filter(({ holder }) => asked !== null || holder.is !== 'locked');
  const unlock = unlockEachOnce();
  const methods = [
    ...keys.map((key) => methodOf(key, { hop, agent, person, now, unlock })),
    ...(asked === null ? [] : filesOfUnknownKeys(ring).map((path) => methodOfUnknown(hop, path, { ...asked, unlock }))),
  ];
  const unused = unusedKeys(hop, { ring, refused, used: keys });
  const nothing = methods.length > 0 ? null : nothingToLogInWith(hop, { ring, unused });
  if (nothing !== null && (asked === null || hop.login.methods.every((way) => way === 'publickey'))) throw new ProblemError(nothing);
  return {
    methods,
    skipped: [...agentUnusable(hop, ring), ...unused.flatMap(({ missed, problem: p }) => (missed ? p : []))],
    nothing,
    certificates: usable.flatMap((key) => certificateInUse(key, { user: hop.user, now }) ?? []),
  };
}

/** A server whose clock is another may still take it; it must not use up the tries that others need. */
function expiredLast(keys: readonly UsableKey[], now: number): UsableKey[] {
  const isLate = ({ certificate }: UsableKey): boolean => certificate !== null && isOutOfTime(certificate.certificate, now);
  return [...keys.filter((key) => !isLate(key)), ...keys.filter(isLate)];
}

/** Not even their public half is known before they are unlocked. */
const filesOfUnknownKeys = ({ files }: KeyRing): string[] =>
  files.flatMap(({ file, plain }) => (file.trouble === 'encrypted' && plain === null ? file.path : []));

function certificateInUse({ certificate }: UsableKey, given: { user: string; now: number }): CertificateInUse | null {
  return certificate && { label: certificate.label, path: certificate.path, remarks: certificateRemarks(certificate.certificate, given) };
}
