import { describe } from 'vitest';
import { behavesAlike } from './behaviours.ts';

describe('with the channels of ssh2', () => {
  behavesAlike(null);
});
