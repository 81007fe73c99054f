import { advice, allWell, type Finding } from '../../../model/finding.ts';
import { type TimeRemark, printTime } from '../../../ssh/identity/keys/certificate-remarks.ts';
import type { HopFacts } from '../facts.ts';

/** A server's certificate that has ended or will end soon. One that keeps us out is told with the host key. */
export function checkHostCertificate({ subject, hostCertificate }: HopFacts): Finding[] {
  if (hostCertificate === null) return [];
  const about = { check: 'host-certificate', subject };
  const { name, authority, remarks } = hostCertificate;
  if (remarks.length === 0) return [allWell(about, `The host certificate ${name} is valid, signed by ${authority}.`)];
  return remarks.map(({ is, at }) =>
    advice(about, 'warning', {
      what: `The host certificate ${name}, signed by ${authority}, ${WORDS[is]}: ${printTime(at)}.`,
      why: WHY[is],
      fix: 'Ask the administrator to have the host key signed again; the clock of this machine matters as well: date',
    }),
  );
}

const WORDS: Record<TimeRemark['is'], string> = {
  expired: 'has expired',
  'not-yet-valid': 'is not valid yet',
  'expires-soon': 'expires soon',
};

const KNOWN_ALONE = 'The server was reached because its plain key is known here; whoever knows its authority alone is kept out.';
const WHY: Record<TimeRemark['is'], string> = {
  expired: KNOWN_ALONE,
  'not-yet-valid': KNOWN_ALONE,
  'expires-soon': 'From then on a tunnel that is lost cannot come back, unless the plain key of the server is known.',
};
