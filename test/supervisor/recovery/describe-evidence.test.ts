import { expect, test } from 'vitest';
import { describeEvidence } from '../../../src/supervisor/recovery/describe-evidence.ts';
import { evidence, ME, row } from '../../decide/evidence.ts';

test('the evidence names only the user whose name was looked up', () => {
  const rows = [row(1002), row(0, { host: '::1' }), row(ME, { host: '127.0.0.2' })];
  const text = describeEvidence(evidence({ uid: ME, userName: 'bob', rows }));
  expect(text).toContain('listening: 127.0.0.1 (bob), ::1 (uid 0), 127.0.0.2 (our own user)');
});
