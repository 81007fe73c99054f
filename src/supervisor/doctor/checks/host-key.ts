import { advice, allWell, type Finding, trouble } from '../../../model/finding.ts';
import type { Problem } from '../../../model/problem.ts';
import type { HopFacts } from '../facts.ts';

/** Whether we know whom we talk to. What the server showed counts; where it was not reached, that something is on file. */
export function checkHostKey({ subject, tunnel, known, reached }: HopFacts): Finding[] {
  const about = { check: 'host-key', subject };
  const unreadable = known.unreadable.map(({ file, code }) =>
    advice(about, 'warning', {
      what: `${file} cannot be read (${code}).`,
      why: 'Host keys that stand in it are not known here.',
      fix: `Make it readable: chmod 600 ${file}`,
    }),
  );
  if (reached.is === 'failed' && isAboutHostKey(reached.problem))
    return [...unreadable, trouble(about, reached.problem, { why: 'A server that cannot prove itself may be anybody.', tunnel })];
  const words = howKnown(known);
  if (words !== null) return [...unreadable, allWell(about, `The host key is ${words}.`)];
  if (reached.is === 'reached') return [...unreadable, allWell(about, 'The host key is known.')];
  if (reached.is === 'failed' && asksPerson(reached.problem)) return unreadable;
  return [
    ...unreadable,
    advice(about, 'note', {
      what: 'No host key is known, and the server could not be asked for it.',
      why: 'At the first connection its key will not be accepted unseen.',
      fix: 'Once it can be reached, connect with ssh and compare the fingerprint, or pin it: hostKey: SHA256:...',
    }),
  ];
}

/** The first that a person is asked is whether a new key is the right one; what is asked is told where the login is. */
export const asksPerson = ({ code }: Problem): boolean => code === 'answer-needed' || code === 'prompt-waiting';

/** Null: it is not. An authority vouches for keys that nobody has seen yet. */
function howKnown({ pins, at, authorities }: HopFacts['known']): string | null {
  if (pins.length > 0) return `pinned by the profile (${pins.join(', ')})`;
  const ways = [
    ...(at.length === 0 ? [] : [`known by ${at.join(', ')}`]),
    ...(authorities.length === 0 ? [] : [`vouched for by an authority in ${authorities.join(', ')}`]),
  ];
  return ways.length === 0 ? null : ways.join(', or ');
}

const CODES: readonly Problem['code'][] = [
  'host-key-unknown',
  'host-key-changed',
  'host-key-revoked',
  'host-key-not-pinned',
  'host-key-pin-disagrees',
  'host-key-too-small',
  'host-certificate-refused',
  'revoked-keys-unusable',
  'known-hosts-command-failed',
];

export const isAboutHostKey = ({ code }: Problem): boolean => CODES.includes(code);
