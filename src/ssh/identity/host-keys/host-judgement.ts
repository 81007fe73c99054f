import { judgeHostCertificate, type CertificateVerdict } from '../../../decide/judge-host-certificate.ts';
import { judgeHostKey, type HostKeyVerdict, type KnownKey } from '../../../decide/judge-host-key.ts';
import { disagreement } from '../../../decide/judge-pins.ts';
import type { ResolvedHop } from '../../types.ts';
import { isSignedByItsCa, parseCertificate, plainKeyOf, type Certificate } from '../keys/certificate.ts';
import { allowsType } from './host-key-algorithms.ts';
import { describeKey } from './host-key.ts';
import { joinKnown, type KnownKeys, type Source } from './known-keys.ts';
import { keysOfProfile, type Pins, pinsOf } from './pinned-keys.ts';
import { rsaBitsOf } from '../keys/public-key.ts';
import { findRevocation } from './revoked-keys.ts';

/** What a server shows: a key, or a certificate and the key in it. */
export type ShownHost = { readonly key: Buffer; readonly certificate: Certificate | null };

export type HostJudgement =
  /** `from`: where this very key stands; null where something else vouches for it. */
  | { readonly is: 'trusted'; readonly from: Source | null }
  | { readonly is: 'broken-certificate' }
  | { readonly is: 'not-allowed' }
  | { readonly is: 'too-small'; readonly bits: number }
  | { readonly is: 'revoked'; readonly by: { readonly file: string; readonly line: number | null } }
  | { readonly is: 'not-pinned' | 'unknown'; readonly certificate: CertificateVerdict | null }
  | { readonly is: 'changed'; readonly known: KnownKey }
  /** What the profile pins and what known_hosts knows are not the same. */
  | { readonly is: 'pin-disagrees'; readonly known: KnownKey };

export type JudgeGiven = {
  readonly hop: ResolvedHop;
  readonly keys: KnownKeys;
  /** Wall clock, ms. */
  readonly now: number;
  /** It was reached at an address of this machine's loopback. */
  readonly onLoopback: boolean;
};

export function readShown(blob: Buffer): ShownHost {
  const certificate = parseCertificate(blob);
  return { key: certificate?.publicKey ?? blob, certificate };
}

/**
 * In OpenSSH's order (sshconnect2.c, verify_host_key_callback; sshconnect.c, check_host_key): size, RevokedHostKeys,
 * then who vouches for the certificate; where nobody does, or it is not valid, the plain key in it is judged instead.
 * Pins take the place of known_hosts, and must not disagree with it.
 */
export async function judgeHost(shown: ShownHost, given: JudgeGiven): Promise<HostJudgement> {
  const { hop, keys } = given;
  const pins = pinsOf(hop);
  if (shown.certificate !== null && !isSignedByItsCa(shown.certificate)) return { is: 'broken-certificate' };
  const bits = rsaBitsOf(shown.key);
  if (bits !== null && bits < hop.login.leastRsaBits) return { is: 'too-small', bits };
  const listed = await findRevocation(hop.trust.revokedFiles, shown);
  if (listed) return { is: 'revoked', by: listed };
  // Before known_hosts and its @revoked lines, as there; but a pin of the profile was meant for this very server.
  if (given.onLoopback && hop.trust.anyOnLoopback && pins === null) return { is: 'trusted', from: null };
  const by = revokedLine(shown, joinKnown(keys, keysOfProfile(hop)));
  if (by) return { is: 'revoked', by };
  return pins === null ? judgeVouched(shown, { ...given, pins: [] }) : judgePinned(shown, pins, given);
}

type VouchGiven = JudgeGiven & { readonly pins: readonly string[] };

function judgeVouched(shown: ShownHost, given: VouchGiven): HostJudgement {
  const certificate = shown.certificate && judgeCertificate(shown.certificate, given);
  return certificate?.is === 'vouched' ? { is: 'trusted', from: null } : judgePlain(shown, { ...given, certificate });
}

/** By the pins alone first; then what known_hosts has to say to it. */
function judgePinned(shown: ShownHost, pins: Pins, given: JudgeGiven): HostJudgement {
  const { keys } = given;
  const judgement = judgeVouched(shown, { ...given, ...asGiven(pins, keys) });
  const known = disagreement({
    offered: describeKey(shown.key),
    isPinned: judgement.is === 'trusted',
    known: keys.known,
    isVouchedFor: shown.certificate !== null && judgeCertificate(shown.certificate, { ...given, pins: [] }).is === 'vouched',
  });
  if (known !== null) return { is: 'pin-disagrees', known };
  if (judgement.is === 'trusted') return { is: 'trusted', from: null };
  if (judgement.is === 'unknown') return { ...judgement, is: 'not-pinned' };
  return judgement.is === 'changed' ? { is: 'not-pinned', certificate: null } : judgement;
}

/** Keys that are pinned stand in the place of those that are known. */
const asGiven = (pins: Pins, keys: KnownKeys): Pick<VouchGiven, 'pins' | 'keys'> =>
  pins.are === 'fingerprints'
    ? { pins: pins.all, keys }
    : { pins: [], keys: { ...keys, known: pins.plain, withoutPort: [], authorities: pins.authorities } };

/** A `@revoked` line is about the key, its certificate, or the authority. */
const revokedLine = ({ key, certificate }: ShownHost, { revoked }: KnownKeys): KnownKey | undefined =>
  revoked.find(({ blob }) => {
    const bad = Buffer.from(blob, 'base64');
    return plainKeyOf(bad).equals(key) || (certificate !== null && bad.equals(certificate.caKey));
  });

function judgeCertificate(certificate: Certificate, { hop, keys, now, pins }: VouchGiven): CertificateVerdict {
  return judgeHostCertificate({
    certificate: { ...certificate, critical: [...certificate.critical.keys()], ca: describeKey(certificate.caKey) },
    name: hop.knownHosts.alias ?? hop.host.toLowerCase(),
    now: BigInt(Math.floor(now / 1000)),
    authorities: keys.authorities,
    pins,
    algorithms: hop.trust.caAlgorithms,
  });
}

type PlainGiven = VouchGiven & { readonly certificate: CertificateVerdict | null };

function judgePlain({ key }: ShownHost, { hop, keys, certificate, pins }: PlainGiven): HostJudgement {
  const offered = describeKey(key);
  if (certificate !== null && !allowsType(offered.type, hop.algorithms.hostKey)) return { is: 'not-allowed' };
  const verdict = judgeHostKey({ offered, known: keys.known, revoked: keys.revoked, pins });
  const source = pins.length > 0 ? null : (keys.known.find(({ blob }) => blob === offered.blob)?.from ?? null);
  const knownWithoutPort = verdict.is === 'unknown' && keys.withoutPort.some(({ blob }) => blob === offered.blob);
  if (verdict.is === 'trusted' || knownWithoutPort) return { is: 'trusted', from: source };
  return withCertificate(verdict, certificate);
}

const withCertificate = (verdict: Exclude<HostKeyVerdict, { is: 'trusted' }>, certificate: CertificateVerdict | null): HostJudgement =>
  verdict.is === 'unknown' || verdict.is === 'not-pinned' ? { is: verdict.is, certificate } : verdict;
