import { describe } from 'vitest';
import { Batches } from '../../../../src/ssh/data/batches.ts';
import { sharedData } from '../../../../src/ssh/data/data-shared.ts';
import { WINDOW_LIMITS } from '../../../../src/model/data-settings.ts';
import { behavesAlike } from './behaviours.ts';

describe('with the data path', () => {
  behavesAlike(sharedData(WINDOW_LIMITS, new Batches()));
});
