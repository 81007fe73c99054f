import { expect, test } from 'vitest';
import { whyFailed } from '../../../src/profiles/sources/git/why-failed.ts';

const codeOf = (said: string): string => whyFailed({ name: 'team', from: 'https://git.acme.example/t.git', said }).code;

test.each([
  ['OpenSSL', 'fatal: unable to access x: SSL certificate problem: unable to get local issuer certificate'],
  ['GnuTLS', 'fatal: unable to access x: server certificate verification failed. CAfile: none CRLfile: none'],
  ['another name', "fatal: unable to access x: SSL: no alternative certificate subject name matches target host name 'x'"],
  ['macOS', 'fatal: unable to access x: SSL: certificate verification failed (result: 5)'],
  ['Windows', 'fatal: unable to access x: schannel: next InitializeSecurityContext failed: SEC_E_UNTRUSTED_ROOT (0x80090325)'],
])('a certificate that is not accepted is told as such in the words of %s', (_library, said) => {
  expect(codeOf(said)).toBe('source-git-certificate');
});

test('a server that is not there, and a TLS that fails otherwise, are no matter of certificates', () => {
  expect(codeOf('fatal: unable to access x: Failed to connect to git.acme.example port 443: Connection refused')).toBe(
    'source-not-fetched',
  );
  expect(codeOf('fatal: unable to access x: gnutls_handshake() failed: Error in the pull function.')).toBe('source-not-fetched');
});
