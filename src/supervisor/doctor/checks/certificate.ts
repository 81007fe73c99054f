import { type About, advice, allWell, type Finding, trouble } from '../../../model/finding.ts';
import { problem, wordsOf } from '../../../model/problem.ts';
import { type CertificateRemark, printTime } from '../../../ssh/identity/keys/certificate-remarks.ts';
import { type HopFacts, isProblem } from '../facts.ts';

/** User certificates that have ended, will end soon, or are not for the user who logs in. */
export function checkCertificate({ subject, keys, hop, reached }: HopFacts): Finding[] {
  if (isProblem(keys.login)) return [];
  const about = { check: 'certificate', subject };
  const given = { about, user: hop.user, isReached: reached.is === 'reached' };
  return keys.login.certificates.flatMap(({ label, remarks }) =>
    remarks.length === 0 ? allWell(about, `The certificate ${label} is valid.`) : remarks.map((remark) => judge(label, remark, given)),
  );
}

type Given = { readonly about: About; readonly user: string; readonly isReached: boolean };

function judge(label: string, remark: CertificateRemark, { about, user, isReached }: Given): Finding {
  switch (remark.is) {
    case 'expired':
    case 'not-yet-valid': {
      const unusable = problem('certificate-unusable', { certificate: label, why: remark.is, at: printTime(remark.at) });
      const why = 'Servers refuse it, and each time it costs one of the few tries that a login has.';
      // Another key has opened the door.
      if (!isReached) return trouble(about, unusable, { why });
      const { text: what, next: fix } = wordsOf(unusable);
      return advice(about, 'warning', { what, why, fix });
    }
    case 'expires-soon':
      return advice(about, 'warning', {
        what: `The certificate ${label} expires soon: ${printTime(remark.at)}.`,
        why: 'From then on servers refuse it, and a tunnel that is lost cannot come back.',
        fix: 'Have your authority sign the key again before that; then: ssh-add, if an agent holds it.',
      });
    case 'other-principals':
      return advice(about, 'note', {
        what: `The certificate ${label} does not name ${user}; it is for ${remark.names.join(', ') || 'no user'}.`,
        why: 'A server takes it only where its administrator allows one of these names (AuthorizedPrincipalsFile).',
        fix: `If the login is refused: log in as one of them, or have a certificate made for ${user}.`,
      });
  }
}
