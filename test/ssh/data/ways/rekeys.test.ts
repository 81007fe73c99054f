import { isSoak, KINDS, keysChangeUnderLoad, newData } from './rekeys.ts';

keysChangeUnderLoad([
  { name: 'the data path', kinds: KINDS, data: newData },
  { name: 'the channels of ssh2', kinds: isSoak ? KINDS : KINDS.slice(0, 1), data: () => null },
]);
