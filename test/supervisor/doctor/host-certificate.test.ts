import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TimeRemark } from '../../../src/ssh/identity/keys/certificate-remarks.ts';
import type { Certificate } from '../../../src/ssh/identity/keys/certificate.ts';
import { checkHostCertificate } from '../../../src/supervisor/doctor/checks/host-certificate.ts';
import { hostCertificateFacts, knownFacts } from '../../../src/supervisor/doctor/collect/keys.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { makeKey } from '../../support/keys.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop } from '../../ssh/identity/hop.ts';
import { hop } from './facts.ts';

const at = Date.UTC(2026, 0, 31, 12);
const checked = (remarks: readonly TimeRemark[]) =>
  checkHostCertificate(hop({ hostCertificate: { name: '"id", serial 7', authority: 'ca', remarks } }));

describe('the doctor, of a host’s certificate,', () => {
  test('says nothing where there is none, and that it is valid where it is', () => {
    expect(checkHostCertificate(hop())).toEqual([]);
    expect(checked([])).toMatchObject([{ severity: 'ok', check: 'host-certificate' }]);
  });

  test('warns of one that has ended, has not begun or ends soon, with the time', () => {
    for (const is of ['expired', 'not-yet-valid', 'expires-soon'] as const) {
      expect(checked([{ is, at }])).toMatchObject([
        { severity: 'warning', exitCode: 0, what: expect.stringMatching(/"id", serial 7.*2026-01-31T12:00:00Z/) },
      ]);
    }
  });
});

describe('what the doctor knows of a host’s certificate', () => {
  const clock = fakeClock();
  const seconds = (ms: number): bigint => BigInt(Math.floor((clock.now() + ms) / 1000));
  const shown = {
    keyId: 'i\u001b[2Jd',
    serial: 7n,
    caKey: Buffer.from('ca'),
    validAfter: 0n,
    validBefore: seconds(3_600_000),
  } as unknown as Certificate;
  const known = { pins: [], at: [], authorities: ['/f:1'], unreadable: [] };

  test('is its name, who has signed it and when it ends, and nothing that could steer a terminal', () => {
    expect(hostCertificateFacts(shown, known, clock)).toMatchObject({ name: '"i?[2Jd", serial 7', remarks: [{ is: 'expires-soon' }] });
    expect(hostCertificateFacts({ ...shown, validBefore: seconds(-1_000) }, known, clock)?.remarks).toMatchObject([{ is: 'expired' }]);
  });

  test('is nothing where it showed none, or where nobody who is trusted here could have signed it', () => {
    expect(hostCertificateFacts(null, known, clock)).toBeNull();
    expect(hostCertificateFacts(shown, { ...known, at: ['/f:1'], authorities: [] }, clock)).toBeNull();
  });

  test('comes with the lines of known_hosts that name an authority for the host', async () => {
    const dir = tempDir();
    const [ca, key] = await Promise.all([makeKey(dir, { name: 'ca' }), makeKey(dir, { name: 'key' })]);
    const file = join(dir, 'known_hosts');
    writeFileSync(file, `@cert-authority *.other ${ca.publicLine}\n@cert-authority srv ${ca.publicLine}\nsrv ${key.publicLine}\n`);
    const knownHosts = { alias: null, userFiles: [file], systemFiles: [], pins: [] };
    expect(await knownFacts(aHop({ host: 'srv', knownHosts }))).toMatchObject({ authorities: [`${file}:2`], at: [`${file}:3`] });
  });
});
