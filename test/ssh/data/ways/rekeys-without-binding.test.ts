import './without-binding.ts';
import { isSoak, KINDS, keysChangeUnderLoad, newData } from './rekeys.ts';

/** One of each kind. */
const SOME = KINDS.filter(({ cipher, mac }) => !cipher.startsWith('aes256') && mac !== 'hmac-sha2-256');

const CHACHA = KINDS.filter(({ cipher }) => cipher.startsWith('chacha20'));

keysChangeUnderLoad([
  { name: 'the data path without the native binding', kinds: isSoak ? KINDS : SOME, data: newData },
  { name: 'the channels of ssh2 without it', kinds: isSoak ? KINDS : CHACHA, data: () => null },
]);
