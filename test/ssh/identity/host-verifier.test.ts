import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { hostKeyAlgorithms } from '../../../src/ssh/identity/host-keys/host-key-algorithms.ts';
import { createHostVerifier } from '../../../src/ssh/identity/host-keys/host-verifier.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop } from './hop.ts';

type KnownHosts = ResolvedHop['knownHosts'];

const dir = tempDir();
let key: Key;
let other: Key;
let rsa: Key;
beforeAll(async () => {
  [key, other, rsa] = await Promise.all([makeKey(dir), makeKey(dir, { name: 'other' }), makeKey(dir, { type: 'rsa' })]);
});

const bare = ({ publicLine }: Key): string => publicLine.split(' ').slice(0, 2).join(' ');
const blob = ({ publicLine }: Key): Buffer => Buffer.from(publicLine.split(' ')[1]!, 'base64');

async function verify(lines: string, over: Partial<ResolvedHop> & { known?: Partial<KnownHosts> } = {}) {
  const file = join(dir, 'known_hosts');
  writeFileSync(file, lines);
  const { known, ...hop } = over;
  const knownHosts = { alias: null, userFiles: [file], systemFiles: [join(dir, 'missing')], pins: [], ...known };
  return (await createHostVerifier(aHop({ host: 'Srv', ...hop, knownHosts }))).verify(blob(key), unending());
}

const unending = (): AbortSignal => new AbortController().signal;

describe('a host key', () => {
  test('is trusted when a file has it', async () => {
    expect(await verify(`srv ${bare(key)}\n`)).toBeNull();
    expect(await verify(`[srv]:2222 ${bare(key)}\n`, { port: 2222 })).toBeNull();
  });

  test('of another port is trusted by the name alone too, but not the other way round', async () => {
    expect(await verify(`srv ${bare(key)}\n`, { port: 2222 })).toBeNull();
    expect(await verify(`[srv]:2222 ${bare(key)}\n`)).toMatchObject({ code: 'host-key-unknown' });
  });

  test('of another port that differs from the one of port 22 is new, not changed', async () => {
    expect(await verify(`srv ${bare(other)}\n`, { port: 2222 })).toMatchObject({ code: 'host-key-unknown' });
    expect(await verify(`srv ${bare(key)}\n[srv]:2222 ${bare(other)}\n`, { port: 2222 })).toMatchObject({ code: 'host-key-changed' });
  });

  test('is looked up by its alias, without the port', async () => {
    expect(await verify(`al ${bare(key)}\n`, { port: 2222, known: { alias: 'al' } })).toBeNull();
    expect(await verify(`srv ${bare(key)}\n`, { known: { alias: 'al' } })).toMatchObject({ code: 'host-key-unknown' });
  });

  test('that is unknown is told with its fingerprint, and where was looked', async () => {
    const facts = { host: 'Srv', port: 22, type: 'ssh-ed25519', fingerprint: key.fingerprint, ssh: 'ann@h', asks: true };
    expect(await verify('')).toEqual({
      code: 'host-key-unknown',
      facts: { ...facts, files: `${join(dir, 'known_hosts')}, ${join(dir, 'missing')}` },
    });
  });

  test('is changed, and not new, where only a key of another type is on file, as ssh has it', async () => {
    const facts = { known: `ssh-rsa ${rsa.fingerprint}`, file: join(dir, 'known_hosts'), line: 1 };
    expect(await verify(`srv ${bare(rsa)}\n`)).toMatchObject({ code: 'host-key-changed', facts });
  });

  test('that has changed is told with the line that says otherwise', async () => {
    const facts = { known: `ssh-ed25519 ${other.fingerprint}`, file: join(dir, 'known_hosts'), line: 2 };
    expect(await verify(`# me\nsrv ${bare(other)}\n`)).toMatchObject({ code: 'host-key-changed', facts });
  });

  test('that is revoked is refused though it is on file and pinned', async () => {
    const lines = `srv ${bare(key)}\n@revoked * ${bare(key)}\n`;
    expect(await verify(lines, { known: { pins: [key.fingerprint] } })).toMatchObject({ code: 'host-key-revoked', facts: { line: 2 } });
    expect(await verify(`srv ${bare(key)}\n@revoked elsewhere ${bare(key)}\n`)).toBeNull();
  });

  test('of a certificate authority’s line is not trusted as a plain key', async () => {
    expect(await verify(`@cert-authority * ${bare(key)}\n`)).toMatchObject({ code: 'host-key-unknown' });
  });

  test('must be a pinned one where there are pins, and what is known must not be another one', async () => {
    expect(await verify('', { known: { pins: [key.fingerprint] } })).toBeNull();
    expect(await verify(`srv ${bare(key)}\n`, { known: { pins: [key.fingerprint] } })).toBeNull();
    expect(await verify('', { known: { pins: [other.fingerprint] } })).toMatchObject({
      code: 'host-key-not-pinned',
      facts: { pins: `${other.fingerprint} (hostKey of the profile)`, fingerprint: key.fingerprint },
    });
    const here = { file: join(dir, 'known_hosts'), line: 1, fingerprint: key.fingerprint };
    expect(await verify(`srv ${bare(other)}\n`, { known: { pins: [key.fingerprint] } })).toMatchObject({
      code: 'host-key-pin-disagrees',
      facts: { ...here, pins: `${key.fingerprint} (hostKey of the profile)`, known: `ssh-ed25519 ${other.fingerprint}` },
    });
    expect(await verify(`srv ${bare(key)}\n`, { known: { pins: [other.fingerprint] } })).toMatchObject({
      code: 'host-key-pin-disagrees',
      facts: { ...here, pins: `${other.fingerprint} (hostKey of the profile)`, known: `ssh-ed25519 ${key.fingerprint}` },
    });
  });

  test('is found in the system’s files', async () => {
    const system = join(dir, 'system');
    writeFileSync(system, `srv ${bare(key)}\n`);
    expect(await verify('', { known: { systemFiles: [system] } })).toBeNull();
  });

  test('is not trusted for want of a file, and a file that cannot be read is told', async () => {
    const unreadable = join(dir, 'folder');
    mkdirSync(unreadable, { recursive: true });
    const files = `${unreadable} (cannot be read: EISDIR)`;
    expect(await verify('', { known: { userFiles: [unreadable], systemFiles: [] } })).toMatchObject({
      code: 'host-key-unknown',
      facts: { files },
    });
    expect(await verify('', { known: { userFiles: [], systemFiles: [] } })).toMatchObject({
      facts: { files: 'no file (none is configured)' },
    });
  });

  test('that is no key at all is unknown', async () => {
    const verifier = await createHostVerifier(aHop());
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(3), Buffer.alloc(64, 255)]) {
      expect(await verifier.verify(bytes, unending())).toMatchObject({ code: 'host-key-unknown', facts: { type: 'unknown' } });
    }
  });
});

describe('the algorithms to ask for', () => {
  test('begin with those of the known keys, and never hold SHA-1 or DSA', () => {
    const types = ['ssh-rsa', 'ecdsa-sha2-nistp256', 'ssh-dss', 'sk-ssh-ed25519@openssh.com'].map((type) => ({ type }));
    const rest = ['ssh-ed25519', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'];
    const given = { known: [], certified: false, configured: null };
    expect(hostKeyAlgorithms({ ...given, known: types }).slice(0, 6)).toEqual([
      'ecdsa-sha2-nistp256',
      'rsa-sha2-512',
      'rsa-sha2-256',
      ...rest,
    ]);
    expect(hostKeyAlgorithms(given).join()).not.toMatch(/ssh-rsa|ssh-dss/);
    expect(hostKeyAlgorithms(given)[0]).toBe('ssh-ed25519');
  });

  test('begin with certificates where an authority is known, and else have them last', () => {
    const given = { known: [], certified: false, configured: null };
    const isCertificate = (name: string) => name.endsWith('-cert-v01@openssh.com');
    expect(hostKeyAlgorithms({ ...given, certified: true, known: [{ type: 'ssh-rsa' }] }).map(isCertificate)).toEqual([
      ...Array.from({ length: 6 }, () => true),
      ...Array.from({ length: 6 }, () => false),
    ]);
    expect(hostKeyAlgorithms(given).map(isCertificate).indexOf(true)).toBe(6);
  });

  test('are those of HostKeyAlgorithms that we have, where it has a say', () => {
    const configured = ['rsa-sha2-256', 'ssh-rsa', 'ssh-dss', 'sk-ssh-ed25519@openssh.com', 'ssh-ed25519'];
    const given = { known: [{ type: 'ssh-ed25519' }], certified: false, configured };
    expect(hostKeyAlgorithms(given)).toEqual(['ssh-ed25519', 'rsa-sha2-256', 'ssh-rsa']);
  });

  test('follow the pinned key where known_hosts tells its type', async () => {
    const file = join(dir, 'two');
    writeFileSync(file, `srv ${bare(key)}\nsrv ${bare(rsa)}\n`);
    const knownHosts = { alias: null, userFiles: [file], systemFiles: [], pins: [rsa.fingerprint] };
    expect((await createHostVerifier(aHop({ host: 'srv', knownHosts }))).algorithms[0]).toBe('rsa-sha2-512');
  });
});
