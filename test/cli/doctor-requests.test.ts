import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_BODY_BYTES } from '../../src/api/contract.ts';
import { doctorRequests } from '../../src/cli/doctor-requests.ts';

const profile = (name: string, bytes: number) => ({ name, profile: { description: 'x'.repeat(bytes) }, origin: '/p.yaml' });

test('what fits is asked at once, tunnels with it, also where there is nothing to ask about', () => {
  const request = { profiles: [profile('a', 10), profile('b', 10)], tunnels: ['t'] };
  expect(doctorRequests(request)).toEqual([request]);
  expect(doctorRequests({ profiles: [] })).toEqual([{ profiles: [] }]);
});

test('what does not fit is asked in parts, each profile and each tunnel once and in order, and none is too large that need not be', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 6 }), (megabytes) => {
      const profiles = megabytes.map((count, index) => profile(`p${index}`, count * 1024 * 1024));
      const parts = doctorRequests({ profiles, tunnels: ['t'] });
      expect(parts.flatMap((part) => part.profiles.map(({ name }) => name))).toEqual(profiles.map(({ name }) => name));
      expect(parts.flatMap(({ tunnels = [] }) => tunnels)).toEqual(['t']);
      expect(parts.every((part) => JSON.stringify(part).length <= MAX_BODY_BYTES)).toBe(true);
    }),
    { numRuns: 20 },
  );
});
