import { problem, type Problem } from '../../../model/problem.ts';
import { sshWords } from '../../../model/ssh-words.ts';
import { assertNever } from '../../../model/result.ts';
import type { CertificateTrouble } from '../../../model/problems/host-certificate.ts';
import type { ResolvedHop } from '../../types.ts';
import type { Certificate } from '../keys/certificate.ts';
import type { HostJudgement, ShownHost } from './host-judgement.ts';
import { describeKey, fingerprintOf } from './host-key.ts';
import { nameOfHop, type KnownKeys } from './known-keys.ts';
import { pinTexts } from './pinned-keys.ts';

type Given = { readonly hop: ResolvedHop; readonly keys: KnownKeys; readonly shown: ShownHost };

export function toHostProblem(judgement: Exclude<HostJudgement, { is: 'trusted' }>, given: Given): Problem {
  const { hop } = given;
  const facts = factsOf(given);
  switch (judgement.is) {
    case 'broken-certificate':
      return certificateProblem('broken', given);
    case 'not-allowed':
      return certificateProblem('unvouched', given);
    case 'too-small':
      return problem('host-key-too-small', { ...facts, bits: judgement.bits, least: hop.login.leastRsaBits });
    case 'revoked':
      return problem('host-key-revoked', { ...facts, file: judgement.by.file, line: judgement.by.line });
    case 'changed': {
      const { type, fingerprint, file, line } = judgement.known;
      const how = { name: nameOfHop(hop), lax: hop.trust.strict === 'no' };
      return problem('host-key-changed', { ...facts, ...toMakeItKnown(given), known: `${type} ${fingerprint}`, file, line, ...how });
    }
    case 'pin-disagrees': {
      const { type, fingerprint, file, line } = judgement.known;
      return problem('host-key-pin-disagrees', {
        ...facts,
        pins: pinTexts(hop).join(', '),
        known: `${type} ${fingerprint}`,
        file,
        line,
        name: nameOfHop(hop),
      });
    }
    case 'not-pinned':
    case 'unknown':
      return judgement.certificate?.is === 'invalid'
        ? certificateProblem(judgement.certificate.why, given)
        : plainProblem(judgement.is, given);
    default:
      return assertNever(judgement);
  }
}

function factsOf({ hop, shown }: Given) {
  const { type, fingerprint } = describeKey(shown.key);
  return { host: hop.host, port: hop.port, type, fingerprint };
}

const toMakeItKnown = ({ hop }: Given) => ({ ssh: sshWords(hop), asks: hop.trust.strict === 'ask' && !hop.login.batch });

function plainProblem(is: 'not-pinned' | 'unknown', given: Given): Problem {
  if (is === 'unknown') return problem('host-key-unknown', { ...factsOf(given), ...toMakeItKnown(given), files: placesLookedIn(given) });
  return problem('host-key-not-pinned', { ...factsOf(given), pins: pinTexts(given.hop).join(', ') });
}

function certificateProblem(why: CertificateTrouble, given: Given): Problem {
  const { certificate } = given.shown;
  return problem('host-certificate-refused', { ...factsOf(given), why, ...(certificate ? said(certificate) : {}) });
}

const said = ({ keyId, serial, caType, caKey, validAfter, validBefore, principals }: Certificate) => ({
  id: keyId,
  serial: String(serial),
  authority: `${caType} ${fingerprintOf(caKey)}`,
  from: dateOf(validAfter),
  until: dateOf(validBefore),
  names: principals.join(', '),
});

/** All ones stands for ever; beyond what a Date can hold is as good as that. */
const dateOf = (seconds: bigint): string =>
  seconds > 8_640_000_000_000n ? 'for ever' : new Date(Number(seconds) * 1000).toISOString().replace(/\.000Z$/, 'Z');

/** The files, with what was odd about each: unreadable, or holding keys for this host at another port. */
function placesLookedIn({ hop, keys }: Given): string {
  const files = [...hop.knownHosts.userFiles, ...hop.knownHosts.systemFiles];
  if (files.length === 0) return 'no file (none is configured)';
  const remark = (file: string): string => {
    const unreadable = keys.unreadable.find((one) => one.file === file);
    return unreadable === undefined ? '' : ` (cannot be read: ${unreadable.code})`;
  };
  return files.map((file) => file + remark(file)).join(', ');
}
