import { type CipherCosts, printSpeeds } from '../../../model/cipher-costs.ts';
import { allWell, type Finding } from '../../../model/finding.ts';
import type { HopFacts } from '../facts.ts';

/** What the connection is encrypted by, and who has chosen that. */
export function checkCipher({ subject, hop, cipher }: HopFacts): Finding[] {
  if (cipher === null) return [];
  const by = hop.algorithms.ciphers === null ? OURS : CONFIG;
  return [allWell({ check: 'cipher', subject }, `It is encrypted by ${cipher.name}, the first ${by}.${measured(cipher.costs)}`)];
}

const CONFIG = 'of Ciphers in ssh_config that the server takes';
const OURS = 'in the order of this machine that the server takes';

const measured = (costs: CipherCosts | null): string =>
  costs === null ? ' How fast each is here was not measured yet.' : ` This machine encrypts and decrypts again: ${printSpeeds(costs)}.`;
