import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { wordsOf } from '../../../src/model/problem.ts';
import { createHostVerifier } from '../../../src/ssh/identity/host-keys/host-verifier.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { must } from '../../support/run.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop } from './hop.ts';

const dir = tempDir();
const signal = new AbortController().signal;
let [ca, key] = [] as unknown as [Key, Key];
beforeAll(async () => {
  [ca, key] = await Promise.all([makeKey(dir, { name: 'ca' }), makeKey(dir, { name: 'key' })]);
  const valid = ['-V', '20200101000000Z:20210101000000Z'];
  await must('ssh-keygen', ['-q', '-s', ca.path, '-I', 'the id', '-z', '7', '-h', '-n', 'web', ...valid, `${key.path}.pub`]);
});

const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');
const certificate = (): Buffer => blobOf(readFileSync(`${key.path}-cert.pub`, 'utf8'));

async function verifierAt(now: number) {
  const file = join(dir, 'known');
  writeFileSync(file, `@cert-authority * ${ca.publicLine}\n`);
  const knownHosts = { alias: null, userFiles: [file], systemFiles: [], pins: [] };
  const hop = aHop({ host: 'web', knownHosts, trust: { ...aHop().trust, strict: 'yes' } });
  return createHostVerifier(hop, { now: () => now });
}

describe('a host certificate', () => {
  test('that has expired is told with its dates, its name and its authority', async () => {
    const refused = await (await verifierAt(Date.UTC(2021, 0, 1))).verify(certificate(), signal);
    expect(refused).toMatchObject({
      code: 'host-certificate-refused',
      facts: {
        why: 'expired',
        id: 'the id',
        serial: '7',
        from: '2020-01-01T00:00:00Z',
        until: '2021-01-01T00:00:00Z',
        fingerprint: key.fingerprint,
      },
    });
    expect(wordsOf(refused!).text).toBe(
      `The host certificate of web ("the id", serial 7, signed by ssh-ed25519 ${ca.fingerprint}) has expired: it was valid from 2020-01-01T00:00:00Z until 2021-01-01T00:00:00Z. Its plain key, ssh-ed25519 ${key.fingerprint}, is not known either. No login was tried.`,
    );
  });

  test('is good until the second before, and with any byte changed never', async () => {
    const verifier = await verifierAt(Date.UTC(2020, 11, 31, 23, 59, 59));
    expect(await verifier.verify(certificate(), signal)).toBeNull();
    const changes = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(changes, async ({ at, by }) => {
        const bytes = certificate();
        bytes[at % bytes.length]! ^= by;
        expect(verifier.trusts(bytes)).toBe(false);
        expect(await verifier.verify(bytes, signal)).not.toBeNull();
      }),
      { numRuns: 200 },
    );
  });
});
