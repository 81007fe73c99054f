import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { isSignedByItsCa, parseCertificate, type Certificate } from '../../../src/ssh/identity/keys/certificate.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { must } from '../../support/run.ts';
import { tempDir } from '../../support/temp-home.ts';

const dir = tempDir();
const certificates = new Map<string, Buffer>();
let [ca, rsaCa, key] = [] as unknown as [Key, Key, Key];

beforeAll(async () => {
  ca = await makeKey(dir, { name: 'ca' });
  rsaCa = await makeKey(dir, { name: 'rsa-ca', type: 'rsa' });
  await must('ssh-keygen', ['-q', '-t', 'ecdsa', '-b', '521', '-N', '', '-f', join(dir, 'ec-ca')]);
  key = await makeKey(dir, { name: 'key' });
  await makeKey(dir, { name: 'rsa', type: 'rsa' });
  for (const bits of ['256', '384', '521'])
    await must('ssh-keygen', ['-q', '-t', 'ecdsa', '-b', bits, '-N', '', '-f', join(dir, `ecdsa${bits}`)]);
  const host = ['-h', '-I', 'the host', '-n', 'a.example,b.example', '-z', '18446744073709551615', '-V', '20200101000000Z:20300101000000Z'];
  await sign('host', 'key', ['-s', ca.path, ...host]);
  await sign('for ever', 'key', ['-s', ca.path, '-I', 'x']);
  await sign('options', 'key', ['-s', ca.path, '-I', 'x', '-n', 'ann', '-O', 'source-address=10.0.0.0/8', '-O', 'no-x11-forwarding']);
  for (const name of ['rsa', 'ecdsa256', 'ecdsa384', 'ecdsa521']) await sign(name, name, ['-s', ca.path, '-I', name, '-n', 'ann']);
  for (const algorithm of ['rsa-sha2-256', 'rsa-sha2-512', 'ssh-rsa'])
    await sign(algorithm, 'key', ['-s', rsaCa.path, '-t', algorithm, '-I', 'x', '-n', 'ann']);
  await sign('by ecdsa', 'key', ['-s', join(dir, 'ec-ca'), '-I', 'x', '-n', 'ann']);
});

async function sign(name: string, file: string, args: readonly string[]): Promise<void> {
  await must('ssh-keygen', ['-q', ...args, join(dir, `${file}.pub`)]);
  certificates.set(name, blobOf(readFileSync(join(dir, `${file}-cert.pub`), 'utf8')));
}

const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1]!, 'base64');
const parsed = (name: string): Certificate => parseCertificate(certificates.get(name)!)!;

describe('a certificate of ssh-keygen', () => {
  test('is read with all that it says', () => {
    expect(parsed('host')).toMatchObject({
      kind: 'host',
      type: 'ssh-ed25519-cert-v01@openssh.com',
      keyType: 'ssh-ed25519',
      publicKey: blobOf(key.publicLine),
      serial: 18446744073709551615n,
      keyId: 'the host',
      principals: ['a.example', 'b.example'],
      validAfter: BigInt(Date.UTC(2020, 0) / 1000),
      validBefore: BigInt(Date.UTC(2030, 0) / 1000),
      critical: new Map(),
      extensions: new Map(),
      caKey: blobOf(ca.publicLine),
      caType: 'ssh-ed25519',
      signatureAlgorithm: 'ssh-ed25519',
    });
  });

  test('without an end is valid from 0 to all ones, and without principals has none', () => {
    expect(parsed('for ever')).toMatchObject({ kind: 'user', principals: [], validAfter: 0n, validBefore: 0xffff_ffff_ffff_ffffn });
  });

  test('shows its critical options and extensions', () => {
    const { critical, extensions } = parsed('options');
    expect([...critical]).toEqual([['source-address', Buffer.from('\0\0\0\x0a10.0.0.0/8', 'latin1')]]);
    expect([...extensions.keys()]).toEqual(['permit-agent-forwarding', 'permit-port-forwarding', 'permit-pty', 'permit-user-rc']);
  });

  test('holds the plain key of its own type', () => {
    for (const name of ['rsa', 'ecdsa256', 'ecdsa384', 'ecdsa521'])
      expect(parsed(name).publicKey).toEqual(blobOf(readFileSync(join(dir, `${name}.pub`), 'utf8')));
    expect(parsed('rsa')).toMatchObject({ type: 'ssh-rsa-cert-v01@openssh.com', keyType: 'ssh-rsa' });
  });

  test('is signed by its authority, whatever that signs with', () => {
    for (const name of certificates.keys()) expect([name, isSignedByItsCa(parsed(name))]).toEqual([name, true]);
    expect(parsed('rsa-sha2-512')).toMatchObject({ caType: 'ssh-rsa', signatureAlgorithm: 'rsa-sha2-512' });
    expect(parsed('by ecdsa')).toMatchObject({ caType: 'ecdsa-sha2-nistp521', signatureAlgorithm: 'ecdsa-sha2-nistp521' });
  });
});

describe('what is no certificate', () => {
  test('is told as such: a plain key, a cut one, one with something behind it, nothing', () => {
    const whole = certificates.get('host')!;
    expect(parseCertificate(blobOf(key.publicLine))).toBeNull();
    expect(parseCertificate(Buffer.concat([whole, Buffer.from([0])]))).toBeNull();
    for (let length = 0; length < whole.length; length += 1) expect(parseCertificate(whole.subarray(0, length))).toBeNull();
  });

  test('never crashes, and with any byte changed it is not well signed', () => {
    const changed = fc.record({ name: fc.constantFrom(...certificates.keys()), at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(changed, ({ name, at, by }) => {
        const bytes = Buffer.from(certificates.get(name)!);
        bytes[at % bytes.length]! ^= by;
        const certificate = parseCertificate(bytes);
        expect(certificate !== null && isSignedByItsCa(certificate)).toBe(false);
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => parseCertificate(Buffer.from(bytes)) === null));
  });
});
