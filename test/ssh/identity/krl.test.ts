import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Certificate, parseCertificate } from '../../../src/ssh/identity/keys/certificate.ts';
import { isKrl, isRevokedBy, parseKrl } from '../../../src/ssh/identity/host-keys/krl.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { must, run } from '../../support/run.ts';
import { tempDir } from '../../support/temp-home.ts';

const dir = tempDir();
let [ca, key, other] = [] as unknown as [Key, Key, Key];
let certificate: Certificate;
let krl: Buffer;
const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');
const at = (name: string): string => join(dir, name);

beforeAll(async () => {
  [ca, key, other] = await Promise.all(
    ['ca', 'key', 'other'].map((name) => makeKey(dir, { name })) as [Promise<Key>, Promise<Key>, Promise<Key>],
  );
  await must('ssh-keygen', ['-q', '-s', ca.path, '-I', 'id', '-h', '-n', 'web', '-z', '42', `${key.path}.pub`]);
  certificate = parseCertificate(blobOf(readFileSync(`${key.path}-cert.pub`, 'utf8')))!;
  krl = await makeKrl([
    'serial: 1-5',
    'serial: 42',
    'serial: 44',
    'id: someone',
    `key: ${other.publicLine}`,
    `sha256: ${other.publicLine}`,
  ]);
});

async function makeKrl(lines: readonly string[], { authority = true } = {}): Promise<Buffer> {
  writeFileSync(at('spec'), `${lines.join('\n')}\n`);
  await must('ssh-keygen', ['-q', '-k', '-f', at('krl'), '-s', authority ? `${ca.path}.pub` : 'none', at('spec')]);
  return readFileSync(at('krl'));
}

describe('a key revocation list', () => {
  test('revokes by serial number for its own authority only, and by identity for all where it names none', async () => {
    expect(isRevokedBy(parseKrl(krl)!, certificate.publicKey, certificate)).toBe(true);
    expect(isRevokedBy(parseKrl(krl)!, certificate.publicKey, null)).toBe(false);
    expect(isRevokedBy(parseKrl(krl)!, certificate.publicKey, { ...certificate, caKey: blobOf(other.publicLine) })).toBe(true);
    expect(isRevokedBy(parseKrl(krl)!, certificate.publicKey, { ...certificate, caKey: certificate.publicKey })).toBe(false);
    const byId = parseKrl(await makeKrl(['id: id'], { authority: false }))!;
    expect(isRevokedBy(byId, certificate.publicKey, certificate)).toBe(true);
    expect(isRevokedBy(byId, certificate.publicKey, { ...certificate, keyId: 'ID' })).toBe(false);
  });

  test('has bitmaps, ranges and lists of serial numbers that ssh-keygen agrees with', async () => {
    const numbers = fc.uniqueArray(fc.bigInt({ min: 1n, max: 400n }), { minLength: 1, maxLength: 60 });
    for (const serials of fc.sample(numbers, 8)) {
      const parsed = parseKrl(await makeKrl(serials.map((serial) => `serial: ${serial}`)))!;
      for (let serial = 0n; serial < 420n; serial += 1n)
        expect([serial, isRevokedBy(parsed, certificate.publicKey, { ...certificate, serial })]).toEqual([
          serial,
          serials.includes(serial),
        ]);
    }
  });

  test('is refused where it is cut, longer, of another version, or has parts that are not known', () => {
    const section = (type: number, ...body: readonly number[]): Buffer =>
      Buffer.concat([krl, Buffer.from([type, 0, 0, 0, body.length, ...body])]);
    // The last length falls between two sections.
    const whole = Array.from({ length: krl.length }, (_, length) => length).filter((length) => parseKrl(krl.subarray(0, length)) !== null);
    for (const length of whole) expect(isKrl(krl.subarray(0, length))).toBe(true);
    expect(whole.length).toBeLessThan(6);
    for (const type of [0, 4, 6, 99]) expect(parseKrl(section(type))).toBeNull();
    const [optional, critical] = [0, 1].map((flag) => section(255, 0, 0, 0, 1, 0x78, flag, 0, 0, 0, 0));
    expect([parseKrl(optional!) === null, parseKrl(critical!) === null]).toEqual([false, true]);
    const version2 = Buffer.from(krl);
    version2.writeUInt32BE(2, 8);
    expect(parseKrl(version2)).toBeNull();
  });

  test('that is damaged never crashes us, and never lets through what ssh-keygen finds revoked or cannot read', async () => {
    const damage = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) });
    for (const { at: place, by } of fc.sample(damage, 60)) {
      const bytes = Buffer.from(krl);
      bytes[place % bytes.length]! ^= by;
      writeFileSync(at('damaged'), bytes);
      // ssh-keygen takes a file without the magic for a list of keys, as revoked-keys.ts does.
      if (!isKrl(bytes)) continue;
      const parsed = parseKrl(bytes);
      const ours = parsed === null || isRevokedBy(parsed, certificate.publicKey, certificate);
      const { code } = await run('ssh-keygen', ['-Q', '-f', at('damaged'), `${key.path}-cert.pub`]);
      if (code !== 0) expect([place % bytes.length, by, ours]).toEqual([place % bytes.length, by, true]);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        parseKrl(Buffer.concat([krl.subarray(0, 44), Buffer.from(bytes)]));
      }),
    );
  });
});
