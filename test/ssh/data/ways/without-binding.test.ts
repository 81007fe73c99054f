import './without-binding.ts';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { Batches } from '../../../../src/ssh/data/batches.ts';
import { sharedData } from '../../../../src/ssh/data/data-shared.ts';
import { WINDOW_LIMITS } from '../../../../src/model/data-settings.ts';
import { behavesAlike } from './behaviours.ts';

test('there is no native binding here', () => {
  const crypto = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as { readonly bindingAvailable: unknown };
  expect(crypto.bindingAvailable).toBe(false);
});

describe('with the data path and without the native binding', () => {
  behavesAlike(sharedData(WINDOW_LIMITS, new Batches()));
});
