import { PLAIN_KEY_ALGORITHMS } from '../model/public-key-algorithms.ts';
import { isPinned, type HostKey, type KnownKey } from './judge-host-key.ts';

/** A host certificate, as far as trust in it goes. */
export type HostCertificate = {
  readonly kind: 'user' | 'host';
  readonly principals: readonly string[];
  /** Seconds since 1970. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  /** Names of its critical options. */
  readonly critical: readonly string[];
  readonly ca: HostKey;
  /** Of the authority's signature. */
  readonly signatureAlgorithm: string;
};

export type CertificateEvidence = {
  readonly certificate: HostCertificate;
  /** What the server was asked for by: HostKeyAlias or the host's name, without a port, in lower case. */
  readonly name: string;
  /** Seconds since 1970. */
  readonly now: bigint;
  /** Keys of `@cert-authority` lines that speak of this host. */
  readonly authorities: readonly KnownKey[];
  /** Fingerprints of the profile; when there are any, an authority is trusted only where it is one of them. */
  readonly pins: readonly string[];
  /** CASignatureAlgorithms; null: OpenSSH's default. */
  readonly algorithms: readonly string[] | null;
};

export type CertificateVerdict =
  | { readonly is: 'vouched' }
  /** Nobody that is trusted has signed it: it says nothing, and its plain key is to be judged. */
  | { readonly is: 'unvouched' }
  | { readonly is: 'invalid'; readonly why: CertificateFault };

export type CertificateFault = 'not-for-hosts' | 'not-yet-valid' | 'expired' | 'other-name' | 'critical-options' | 'weak-signature';

/**
 * As OpenSSH decides (sshkey.c, sshkey_cert_check_host). That it is well signed must have been seen before. A host
 * certificate without principals is good for every name, and a `*` in a principal is no wildcard: so it is up to
 * OpenSSH 10.2, and 10.3 turned both round.
 */
export function judgeHostCertificate(evidence: CertificateEvidence): CertificateVerdict {
  if (!isVouchedFor(evidence)) return { is: 'unvouched' };
  const why = faultOf(evidence);
  return why === null ? { is: 'vouched' } : { is: 'invalid', why };
}

const isVouchedFor = ({ certificate: { ca }, authorities, pins }: CertificateEvidence): boolean =>
  pins.length > 0 ? isPinned(ca, pins) : authorities.some((known) => known.blob === ca.blob);

function faultOf({ certificate, name, now, algorithms }: CertificateEvidence): CertificateFault | null {
  const { kind, principals, validAfter, validBefore, critical, signatureAlgorithm } = certificate;
  if (kind !== 'host') return 'not-for-hosts';
  if (now < validAfter) return 'not-yet-valid';
  if (now >= validBefore) return 'expired';
  if (principals.length > 0 && !principals.includes(name)) return 'other-name';
  if (critical.length > 0) return 'critical-options';
  return (algorithms ?? DEFAULT_CA_ALGORITHMS).includes(signatureAlgorithm) ? null : 'weak-signature';
}

/** CASignatureAlgorithms (ssh_config(5)). */
const DEFAULT_CA_ALGORITHMS: readonly string[] = PLAIN_KEY_ALGORITHMS;
