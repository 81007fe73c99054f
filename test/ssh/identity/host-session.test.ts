import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProblemError } from '../../../src/model/problem.ts';
import type { Person } from '../../../src/ssh/identity/logins/person.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { Links } from '../../../src/ssh/links/links.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { must } from '../../support/run.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop, required } from './hop.ts';
import { visit } from './visit.ts';

const dir = tempDir();
const at = (name: string): string => join(dir, name);
let [sshd, onlyCertified] = [] as unknown as [Sshd, Sshd];
let [ca, user] = [] as unknown as [Key, Key];

beforeAll(async () => {
  [ca, user] = await Promise.all([makeKey(dir, { name: 'ca' }), makeKey(dir, { name: 'user' })]);
  const made = await Promise.all(
    (['ed25519', 'rsa', 'ecdsa'] as const).map(async (type) => {
      const key = await makeKey(dir, { name: `host-${type}`, type });
      await must('ssh-keygen', ['-q', '-s', ca.path, '-I', 'id', '-h', '-n', '127.0.0.1', `${key.path}.pub`]);
      return [`HostKey ${key.path}`, `HostCertificate ${key.path}-cert.pub`];
    }),
  );
  sshd = await startSshd({ config: made.flat() });
  onlyCertified = await startSshd({ config: [...made.flat(), 'HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com'] });
  for (const server of [sshd, onlyCertified]) server.authorize(user.publicLine);
});
afterAll(async () => {
  await sshd.stop();
  await onlyCertified.stop();
});

type Given = { readonly server?: Sshd; readonly lines?: string; readonly over?: Partial<ResolvedHop>; readonly pins?: readonly string[] };
let count = 0;

function hopWith({ server = sshd, lines = '', over = {}, pins = [] }: Given) {
  const file = at(`known-${(count += 1)}`);
  writeFileSync(file, lines);
  const knownHosts = { alias: null, userFiles: [file], systemFiles: [], pins };
  return { file, hop: aHop({ port: server.port, user: server.user, identities: required(user.path), knownHosts, ...over }) };
}

const bare = (name: string): string =>
  readFileSync(at(`${name}.pub`), 'utf8')
    .split(' ')
    .slice(0, 2)
    .join(' ')
    .trim();
const fingerprints = async (name: string): Promise<string> =>
  (await must('ssh-keygen', ['-l', '-f', at(`${name}.pub`)])).split(' ')[1] ?? '';
const authority = (): string => `@cert-authority 127.0.0.1 ${bare('ca')}\n`;

describe('a real server with host certificates', () => {
  test('is trusted for its authority, whichever certificate it is asked for', async () => {
    for (const name of ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256', 'ecdsa-sha2-nistp256']) {
      const algorithms = { ...aHop().algorithms, hostKey: [`${name}-cert-v01@openssh.com`] };
      const { hop } = hopWith({ lines: authority(), over: { algorithms } });
      await expect(visit(hop)).resolves.toMatch(/^SHA256:/);
    }
  });

  test('is trusted by a pin of its authority, or of the plain key', async () => {
    for (const pins of [[await fingerprints('ca')], [await fingerprints('host-ed25519')]])
      expect(await visit(hopWith({ pins }).hop)).toBe(await fingerprints('host-ed25519'));
    await expect(visit(hopWith({ pins: [await fingerprints('user')] }).hop)).rejects.toMatchObject({
      problem: { code: 'host-key-not-pinned' },
    });
  });

  test('is known by its plain key where nobody vouches for it, even if it shows certificates alone', async () => {
    for (const server of [sshd, onlyCertified]) {
      const lines = `[127.0.0.1]:${server.port} ${bare('host-ed25519')}\n`;
      expect(await visit(hopWith({ server, lines }).hop)).toBe(await fingerprints('host-ed25519'));
    }
  });

  test('is kept in mind with the certificate that it showed, for who wants to know when that ends', async () => {
    const links = new Links({ clock: systemClock, onChange: () => {} });
    const shown = async (lines: string) => {
      const route = { hops: [hopWith({ lines }).hop], keepalive: { intervalMs: 60_000, countMax: 3 } };
      const lease = await links.lease(route, new AbortController().signal);
      await lease.release('for-good');
      return lease.links[0]?.hostCertificate;
    };
    expect(await shown(authority())).toMatchObject({ kind: 'host', keyId: 'id', principals: ['127.0.0.1'] });
    expect(await shown(`[127.0.0.1]:${sshd.port} ${bare('host-ed25519')}\n`)).toBeNull();
  });

  test('is refused before a login where its certificate is for another name, and that is told', async () => {
    const from = sshd.log().length;
    const alias = { knownHosts: { ...hopWith({ lines: authority().replace('127.0.0.1', '*') }).hop.knownHosts, alias: 'other' } };
    await expect(visit(hopWith({ over: alias }).hop)).rejects.toMatchObject({
      problem: { code: 'host-certificate-refused', facts: { why: 'other-name', names: '127.0.0.1', id: 'id' } },
    });
    expect(sshd.log().slice(from)).not.toMatch(/userauth-request/);
  });
});

/** Answers when the server has long said all that it says in the key exchange. */
const slow = (answer: readonly string[] | null): Person => ({
  ask: async () => {
    await sshd.waitForLog(/SSH2_MSG_KEX_ECDH_REPLY|expecting SSH2_MSG_NEWKEYS|rekey out/);
    return answer;
  },
  show: () => () => {},
});

describe('a new host key of a real server', () => {
  test('is asked about while the server waits, and the login goes on at a yes', async () => {
    const { hop, file } = hopWith({});
    expect(await visit(hop, { person: slow(['yes']) })).toBe(await fingerprints('host-ed25519'));
    expect(readFileSync(file, 'utf8').split('\n')[0]).toBe(`[127.0.0.1]:${sshd.port} ${bare('host-ed25519')}`);
  });

  test('ends the connection at a no, before any login', async () => {
    const { hop, file } = hopWith({});
    const from = sshd.log().length;
    await expect(visit(hop, { person: slow(null) })).rejects.toMatchObject({ problem: { code: 'host-key-unknown' } });
    expect(readFileSync(file, 'utf8')).toBe('');
    expect(sshd.log().slice(from)).not.toMatch(/userauth-request/);
  });

  test('is not asked about any longer when the server has gone', async () => {
    const asked: AbortSignal[] = [];
    const person: Person = {
      ask: async (_, signal) => {
        asked.push(signal);
        sshd.killSession();
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('over')), { once: true }));
      },
      show: () => () => {},
    };
    await expect(visit(hopWith({}).hop, { person })).rejects.toBeInstanceOf(ProblemError);
    expect(asked.map(({ aborted }) => aborted)).toEqual([true]);
  });
});
