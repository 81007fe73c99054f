import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createHostVerifier } from '../../../src/ssh/identity/host-keys/host-verifier.ts';
import { pinnedLines } from '../../../src/ssh/identity/host-keys/pinned-keys.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { must } from '../../support/run.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop } from './hop.ts';

const dir = tempDir();
const user = join(dir, 'user_known_hosts');
let keys: Record<'host' | 'rsa' | 'other' | 'ca' | 'otherCa', Key>;
let certificate: Buffer;
beforeAll(async () => {
  const [host, rsa, other, ca, otherCa] = await Promise.all([
    makeKey(dir, { name: 'host' }),
    makeKey(dir, { name: 'rsa', type: 'rsa' }),
    makeKey(dir, { name: 'other' }),
    makeKey(dir, { name: 'ca' }),
    makeKey(dir, { name: 'otherCa' }),
  ]);
  keys = { host, rsa, other, ca, otherCa };
  await must('ssh-keygen', ['-q', '-s', ca.path, '-I', 'id', '-h', '-n', 'srv.example', '-V', '-1h:+1h', `${host.path}.pub`]);
  certificate = blobOf(readFileSync(`${host.path}-cert.pub`, 'utf8'));
});

const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');
const line = (name: keyof typeof keys, hosts = 'srv.example', marker = ''): string =>
  `${marker}${hosts} ${keys[name].publicLine.split(' ').slice(0, 2).join(' ')}\n`;
const authority = (name: keyof typeof keys): string => line(name, '*.example', '@cert-authority ');

type Given = { readonly shared: string; readonly known?: string; readonly hop?: Partial<ResolvedHop> };

async function verifierFor({ shared, known = '', hop = {} }: Given) {
  writeFileSync(user, known);
  const bare = aHop({
    host: 'srv.example',
    ...hop,
    knownHosts: { alias: null, userFiles: [user], systemFiles: [], pins: [], ...hop.knownHosts },
  });
  const lines = pinnedLines(bare, { file: '/repo/known_hosts', text: shared });
  return await createHostVerifier({ ...bare, knownHosts: { ...bare.knownHosts, lines } });
}

async function verify(given: Given, shown: Buffer = blobOf(keys.host.publicLine)) {
  return (await verifierFor(given)).verify(shown, new AbortController().signal);
}

describe('a host key with a known_hosts beside the profile', () => {
  test('is trusted at the first login where the file has it, and refused without a question where it has another', async () => {
    expect(await verify({ shared: line('host') })).toBeNull();
    expect(await verify({ shared: line('other'), hop: { trust: { ...aHop().trust, strict: 'no' } } })).toMatchObject({
      code: 'host-key-not-pinned',
      facts: { pins: `ssh-ed25519 ${keys.other.fingerprint} (/repo/known_hosts:1)`, fingerprint: keys.host.fingerprint },
    });
  });

  test('is a matter of known_hosts alone where the file speaks of other servers', async () => {
    const shared = line('other', 'elsewhere.example');
    expect(await verify({ shared })).toMatchObject({ code: 'host-key-unknown' });
    expect(await verify({ shared, known: line('host') })).toBeNull();
  });

  test('is looked for under the name and port, a pattern, a hash, or the name alone', async () => {
    const port = { port: 2222 };
    expect(await verify({ shared: line('host', '[srv.example]:2222') + line('other'), hop: port })).toBeNull();
    expect(await verify({ shared: line('host'), hop: port })).toBeNull();
    expect(await verify({ shared: line('host', '*.example,!other.example') })).toBeNull();
    writeFileSync(join(dir, 'hashed'), line('host'));
    await must('ssh-keygen', ['-q', '-H', '-f', join(dir, 'hashed')]);
    expect(await verify({ shared: readFileSync(join(dir, 'hashed'), 'utf8') })).toBeNull();
  });

  test('that disagrees with what is known is refused, with both shown, whichever of them the server shows', async () => {
    const known = `# mine\n${line('other')}`;
    expect(await verify({ shared: `\n${line('host')}`, known })).toEqual({
      code: 'host-key-pin-disagrees',
      facts: {
        host: 'srv.example',
        port: 22,
        type: 'ssh-ed25519',
        fingerprint: keys.host.fingerprint,
        pins: `ssh-ed25519 ${keys.host.fingerprint} (/repo/known_hosts:2)`,
        known: `ssh-ed25519 ${keys.other.fingerprint}`,
        file: user,
        line: 2,
        name: 'srv.example',
      },
    });
    expect(await verify({ shared: line('other'), known: line('host') })).toMatchObject({
      code: 'host-key-pin-disagrees',
      facts: {
        pins: `ssh-ed25519 ${keys.other.fingerprint} (/repo/known_hosts:1)`,
        known: `ssh-ed25519 ${keys.host.fingerprint}`,
        line: 1,
      },
    });
  });

  test('is asked for by the type that both files have', async () => {
    const { algorithms } = await verifierFor({ shared: line('host') + line('rsa'), known: line('rsa') });
    expect(algorithms[0]).toBe('rsa-sha2-512');
    expect((await verifierFor({ shared: line('rsa') })).algorithms[0]).toBe('rsa-sha2-512');
  });

  test('that is revoked there is refused, whatever vouches for it', async () => {
    const revoked = line('host', '*', '@revoked ');
    const facts = { file: '/repo/known_hosts', line: 1 };
    expect(await verify({ shared: revoked, known: line('host') })).toMatchObject({ code: 'host-key-revoked', facts });
    expect(await verify({ shared: revoked + authority('ca') }, certificate)).toMatchObject({ code: 'host-key-revoked', facts });
  });

  test('counts less than a hostKey of the hop itself', async () => {
    const knownHosts = { alias: null, userFiles: [user], systemFiles: [], pins: [keys.host.fingerprint] };
    expect(await verify({ shared: line('other'), hop: { knownHosts } })).toBeNull();
  });
});

describe('a host certificate with an authority beside the profile', () => {
  test('is trusted where that authority has signed it, and its plain key alone is not', async () => {
    expect(await verify({ shared: authority('ca') }, certificate)).toBeNull();
    expect(await verify({ shared: authority('ca') })).toMatchObject({ code: 'host-key-not-pinned' });
    expect((await verifierFor({ shared: authority('ca') })).algorithms[0]).toBe('ssh-ed25519-cert-v01@openssh.com');
  });

  test('is not trusted where another one is named there, though known_hosts would', async () => {
    expect(await verify({ shared: authority('otherCa'), known: authority('ca') }, certificate)).toMatchObject({
      code: 'host-key-not-pinned',
      facts: { pins: `certificates of ssh-ed25519 ${keys.otherCa.fingerprint} (/repo/known_hosts:1)` },
    });
  });

  test('is not trusted as a plain key of the authority', async () => {
    expect(await verify({ shared: line('ca') }, certificate)).toMatchObject({ code: 'host-key-not-pinned' });
  });

  test('does not overrule a key that is known, unless an authority of the own vouches for it too', async () => {
    expect(await verify({ shared: authority('ca'), known: line('other') }, certificate)).toMatchObject({
      code: 'host-key-pin-disagrees',
    });
    expect(await verify({ shared: authority('ca'), known: line('other') + authority('ca') }, certificate)).toBeNull();
    expect(await verify({ shared: authority('ca'), known: line('host') }, certificate)).toBeNull();
  });
});
