import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { markerOf, readMarker, removeMarker, writeMarker } from '../../../../src/ssh/recovery/evidence/owner-marker.ts';
import { markerName, parseMarker, printMarker } from '../../../../src/ssh/recovery/evidence/marker-text.ts';
import type { LiveLink } from '../../../../src/ssh/session/live-link.ts';
import { isRoot } from '../../../support/run.ts';
import { anAccount, given, type TestAccount } from '../../remote/accounts.ts';

const identity = {
  uid: 1001,
  pid: 4711,
  comm: 'sshd',
  startTicks: 88_001,
  bootId: '8d5c3c0e-0c3c-4b3e-9d3f-0123456789ab',
  client: { host: '10.0.0.2', port: 53_044 },
  scope: null,
  killable: true,
};
const marker = markerOf(identity, { owner: 'über', tunnel: "it's", madeAt: 1 });
const port = { host: '127.0.0.1', port: 18_080 };
const path = { path: '/run/some/where else.sock' };

describe.runIf(isRoot).each(['/bin/bash', '/usr/sbin/nologin'])('in an account with %s', (shell) => {
  let account: TestAccount;
  let link: LiveLink;
  const known = given();
  beforeAll(async () => {
    account = await anAccount({ shell });
    link = await account.login();
  });
  const folder = (): string => join(account.home, '.cache', 'tunnels');
  const file = (): string => join(folder(), 'binding-18080');
  const plant = (text: string, owner: { uid: number; gid: number }) => {
    rmSync(file(), { force: true });
    writeFileSync(file(), text, { mode: 0o600 });
    chownSync(file(), owner.uid, owner.gid);
  };

  test.each([port, path])('what was written at %j is read again, by nobody else, and taken away', async (listen) => {
    expect(await readMarker(link, listen, known)).toBe(null);
    expect(await writeMarker(link, { listen, marker }, known)).toBe(true);
    expect(await writeMarker(link, { listen, marker: { ...marker, pid: 4712 } }, known)).toBe(true);
    expect(await readMarker(link, listen, known)).toEqual({ ...marker, pid: 4712 });
    expect(lstatSync(join(folder(), markerName(listen))).mode & 0o777).toBe(0o600);
    expect(lstatSync(folder()).mode & 0o777).toBe(0o700);
    expect(await removeMarker(link, { listen, marker }, known)).toBe(false);
    expect(await removeMarker(link, { listen, marker: { ...marker, pid: 4712 } }, known)).toBe(true);
    expect(readdirSync(folder())).toEqual([]);
  });

  test('one that another user has planted is not believed, nor what a link leads to, nor an endless one', async () => {
    const good = `${printMarker(marker)}\n`;
    plant(good, account);
    expect(await readMarker(link, port, known)).toEqual(marker);
    plant(good, { uid: 65_534, gid: account.gid });
    expect(await readMarker(link, port, known)).toBe(null);
    plant(`${good}${' '.repeat(5_000)}`, account);
    expect(await readMarker(link, port, known)).toBe(null);
    rmSync(file());
    writeFileSync(join(account.home, 'elsewhere'), good);
    chownSync(join(account.home, 'elsewhere'), account.uid, account.gid);
    symlinkSync(join(account.home, 'elsewhere'), file());
    expect(await readMarker(link, port, known)).toBe(null);
    plant(good, account);
    chmodSync(file(), 0o666);
    expect(await readMarker(link, port, known)).toBe(null);
  });

  test('nor one in a directory that others may write, or own, or that is a link', async () => {
    plant(`${printMarker(marker)}\n`, account);
    for (const mode of [0o777, 0o770, 0o702]) {
      chmodSync(folder(), mode);
      expect(await readMarker(link, port, known)).toBe(null);
      expect(await writeMarker(link, { listen: port, marker }, known)).toBe(false);
    }
    chmodSync(folder(), 0o755);
    expect(await readMarker(link, port, known)).toEqual(marker);
    chownSync(folder(), 65_534, account.gid);
    expect(await readMarker(link, port, known)).toBe(null);
    rmSync(folder(), { recursive: true });
    const real = join(account.home, 'real');
    mkdirSync(real, { mode: 0o700 });
    chownSync(real, account.uid, account.gid);
    symlinkSync(real, folder());
    expect(await writeMarker(link, { listen: port, marker }, known)).toBe(false);
    expect(readdirSync(real)).toEqual([]);
  });
});

describe('the text of a marker', () => {
  test('is one line of ASCII, whatever the names in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), fc.string({ maxLength: 50 }), (owner, tunnel) => {
        const whole = markerOf(identity, { owner, tunnel, madeAt: 1 });
        expect(printMarker(whole)).toMatch(/^[\x20-\x7e]+$/);
        expect(parseMarker(printMarker(whole))).toEqual(whole);
      }),
    );
  });

  test.each([
    { v: 2 },
    { pid: 1 },
    { pid: 0 },
    { pid: -4 },
    { pid: 4711.5 },
    { pid: 2 ** 40 },
    { pid: '4711' },
    { start: -1 },
    { boot: 'x' },
    { comm: 'bash' },
    { client: { host: 'h', port: 70_000 } },
    { owner: 'x'.repeat(300) },
  ])('is not believed with %j', (wrong) => {
    expect(parseMarker(JSON.stringify({ ...marker, ...wrong }))).toBe(null);
  });

  test('never makes the reader throw', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseMarker(text)));
    expect(parseMarker(null)).toBe(null);
  });
});
