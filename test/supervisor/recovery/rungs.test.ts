import { describe, expect, test } from 'vitest';
import type { Ends } from '../../../src/ssh/types.ts';
import { endsToKnock } from '../../../src/supervisor/recovery/rungs.ts';

const end = (host: string, port: number) => ({ host, port });
const now: Ends = { local: end('10.0.0.2', 50_001), remote: end('10.0.0.1', 22) };
const before: Ends = { local: end('10.0.0.2', 50_000), remote: end('10.0.0.1', 22) };
const direct = { ends: now, reset: null };

describe('the ends to knock from', () => {
  test('are those of the connection that was reset, or, after a crash, what its server saw', () => {
    expect(endsToKnock({ ends: now, reset: { ends: [before], at: 0 } }, null)).toEqual(before);
    expect(endsToKnock(direct, { client: before.local })).toEqual({ local: before.local, remote: now.remote });
  });

  test.each([
    ['no session of ours is known', direct, null],
    ['its client was not shown (SFTP)', direct, { client: end('', 0) }],
    ['its port was not shown', direct, { client: end('10.0.0.2', 0) }],
    ['the link goes through another hop', { ends: null, reset: null }, { client: before.local }],
  ])('are not known where %s', (_, link, old) => {
    expect(endsToKnock(link, old)).toBeNull();
  });
});
