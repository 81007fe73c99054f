import { describe, expect, test } from 'vitest';
import { type CertificateEvidence, type HostCertificate, judgeHostCertificate } from '../../src/decide/judge-host-certificate.ts';

const ca = { type: 'ssh-ed25519', blob: 'CA', fingerprint: 'SHA256:CA' };
const certificate: HostCertificate = {
  kind: 'host',
  principals: ['web'],
  validAfter: 100n,
  validBefore: 200n,
  critical: [],
  ca,
  signatureAlgorithm: 'ssh-ed25519',
};
const judge = (over: Partial<HostCertificate> = {}, evidence: Partial<CertificateEvidence> = {}) => {
  const authorities = [{ ...ca, file: '/k', line: 1 }];
  return judgeHostCertificate({
    certificate: { ...certificate, ...over },
    name: 'web',
    now: 150n,
    authorities,
    pins: [],
    algorithms: null,
    ...evidence,
  });
};
const invalid = (why: string) => ({ is: 'invalid', why });

describe('the verdict about a host certificate', () => {
  test('is good from its first second to the one before its last', () => {
    expect(judge({}, { now: 99n })).toEqual(invalid('not-yet-valid'));
    expect(judge({}, { now: 100n })).toEqual({ is: 'vouched' });
    expect(judge({}, { now: 199n })).toEqual({ is: 'vouched' });
    expect(judge({}, { now: 200n })).toEqual(invalid('expired'));
  });

  test('says nothing where its authority is not known, however valid it is', () => {
    expect(judge({}, { authorities: [] })).toEqual({ is: 'unvouched' });
    expect(judge({ ca: { ...ca, blob: 'other' } })).toEqual({ is: 'unvouched' });
  });

  test('counts for a pinned authority alone where there are pins', () => {
    expect(judge({}, { pins: ['SHA256:CA'], authorities: [] })).toEqual({ is: 'vouched' });
    expect(judge({}, { pins: ['SHA256:other'] })).toEqual({ is: 'unvouched' });
    expect(judge({ principals: ['other'] }, { pins: ['SHA256:CA'] })).toEqual(invalid('other-name'));
  });

  test('must be for hosts, for this very name, without conditions, and signed with no SHA-1', () => {
    expect(judge({ kind: 'user' })).toEqual(invalid('not-for-hosts'));
    for (const principals of [['other'], ['*'], ['WEB'], ['']]) expect(judge({ principals })).toEqual(invalid('other-name'));
    expect(judge({ principals: [] })).toEqual({ is: 'vouched' });
    expect(judge({ critical: ['x'] })).toEqual(invalid('critical-options'));
    expect(judge({ signatureAlgorithm: 'ssh-rsa' })).toEqual(invalid('weak-signature'));
    expect(judge({ signatureAlgorithm: 'ssh-rsa' }, { algorithms: ['ssh-rsa'] })).toEqual({ is: 'vouched' });
  });
});
