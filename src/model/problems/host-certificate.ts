/** Why a host's certificate does not count. */
export type CertificateTrouble =
  | 'broken'
  | 'unvouched'
  | 'not-for-hosts'
  | 'not-yet-valid'
  | 'expired'
  | 'other-name'
  | 'critical-options'
  | 'weak-signature';

export type HostCertificateFacts = {
  readonly why: CertificateTrouble;
  /** What it says of itself; absent where it cannot be read. Dates are ISO 8601, or `for ever`. */
  readonly id?: string;
  readonly serial?: string;
  readonly authority?: string;
  readonly from?: string;
  readonly until?: string;
  readonly names?: string;
};

const REASONS: Record<CertificateTrouble, (facts: HostCertificateFacts) => string> = {
  broken: () => 'is not signed by the authority that it names',
  unvouched: () => 'is signed by nobody that is trusted, and HostKeyAlgorithms does not allow its plain key',
  'not-for-hosts': () => 'is a user certificate, which no host may show',
  'not-yet-valid': (f) => `is valid only from ${f.from}`,
  expired: (f) => `has expired: it was valid from ${f.from} until ${f.until}`,
  'other-name': (f) => `is for other names: ${f.names}`,
  'critical-options': () => 'has critical options, and none is known for hosts',
  'weak-signature': () => 'is signed with an algorithm that CASignatureAlgorithms does not allow',
};

/** As the end of a sentence that begins with the certificate. */
export const certificateReason = (facts: HostCertificateFacts): string => REASONS[facts.why](facts);
