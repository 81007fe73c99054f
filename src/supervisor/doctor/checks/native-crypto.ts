import { advice, allWell, type Finding } from '../../../model/finding.ts';
import type { MachineFacts } from '../facts.ts';

export function checkNativeCrypto({ subject, nativeCrypto }: MachineFacts): Finding[] {
  const about = { check: 'native-crypto', subject };
  if (nativeCrypto) return [allWell(about, 'Encryption uses the compiled part of ssh2.')];
  return [
    advice(about, 'note', {
      what: 'The compiled part of ssh2 is missing, so encryption runs in JavaScript.',
      why: 'Everything works, at about half the upload speed and with more load.',
      fix: 'With a compiler and Python installed, install tunnels again and let its install scripts run.',
    }),
  ];
}
