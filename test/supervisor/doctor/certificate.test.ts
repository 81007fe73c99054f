import { describe, expect, test } from 'vitest';
import { type CertificateRemark, certificateRemarks } from '../../../src/ssh/identity/keys/certificate-remarks.ts';
import type { Certificate } from '../../../src/ssh/identity/keys/certificate.ts';
import { checkCertificate } from '../../../src/supervisor/doctor/checks/certificate.ts';
import type { HopFacts } from '../../../src/supervisor/doctor/facts.ts';
import { hop } from './facts.ts';

const at = Date.UTC(2026, 0, 31, 12);
const facts = (remarks: readonly CertificateRemark[], over: Partial<HopFacts> = {}): HopFacts =>
  hop({ keys: { login: { labels: [], skipped: [], certificates: [{ label: '/c', path: '/c', remarks }] }, agent: null }, ...over });

describe('the doctor, of a user’s certificate,', () => {
  test('says that one without remarks is valid, and nothing where there is none', () => {
    expect(checkCertificate(facts([]))).toMatchObject([{ severity: 'ok', check: 'certificate' }]);
    expect(checkCertificate(hop())).toEqual([]);
  });

  test('calls it an error that it has ended or not begun, and a warning where another key got in', () => {
    for (const is of ['expired', 'not-yet-valid'] as const) {
      const failed = facts([{ is, at }], { reached: { is: 'not-tried', behind: 'x' } });
      expect(checkCertificate(failed)).toMatchObject([
        { severity: 'error', exitCode: 4, what: expect.stringContaining('2026-01-31T12:00:00Z') },
      ]);
      expect(checkCertificate(facts([{ is, at }]))).toMatchObject([{ severity: 'warning', exitCode: 0 }]);
    }
  });

  test('warns of one that ends soon, with the time, and notes one for others', () => {
    const found = checkCertificate(
      facts([
        { is: 'expires-soon', at },
        { is: 'other-principals', names: ['bob'] },
      ]),
    );
    expect(found).toMatchObject([
      { severity: 'warning', what: expect.stringContaining('2026-01-31T12:00:00Z') },
      { severity: 'note', what: expect.stringContaining('it is for bob') },
    ]);
  });
});

describe('what is remarked of a certificate', () => {
  const seconds = (ms: number): bigint => BigInt(Math.floor(ms / 1000));
  const remarked = (from: bigint, to: bigint, principals = ['ann']): string[] =>
    certificateRemarks({ validAfter: from, validBefore: to, principals } as unknown as Certificate, { now: at, user: 'ann' }).map(
      ({ is }) => is,
    );

  test('is nothing where it is for the user and for longer than a week, or for ever', () => {
    expect(remarked(0n, seconds(at + 8 * 86_400_000))).toEqual([]);
    expect(remarked(0n, 0xffff_ffff_ffff_ffffn)).toEqual([]);
  });

  test('is its end from a week before on, to the second in which it ends', () => {
    expect(remarked(0n, seconds(at + 7 * 86_400_000))).toEqual(['expires-soon']);
    expect(remarked(0n, seconds(at + 1000))).toEqual(['expires-soon']);
    expect(remarked(0n, seconds(at))).toEqual(['expired']);
    expect(remarked(seconds(at), 0xffff_ffff_ffff_ffffn)).toEqual([]);
    expect(remarked(seconds(at + 1000), 0xffff_ffff_ffff_ffffn)).toEqual(['not-yet-valid']);
    expect(remarked(0xffff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn)).toEqual(['not-yet-valid']);
  });

  test('is that it does not name the user, or nobody', () => {
    expect(remarked(0n, 0xffff_ffff_ffff_ffffn, ['bob', 'ann2'])).toEqual(['other-principals']);
    expect(remarked(0n, 0xffff_ffff_ffff_ffffn, [])).toEqual(['other-principals']);
  });
});
