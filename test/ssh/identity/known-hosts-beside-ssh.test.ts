import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemOf } from '../../../src/model/problem.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { must, run } from '../../support/run.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop, required } from './hop.ts';
import { visit } from './visit.ts';

const dir = tempDir();
let keys: Record<'host' | 'rsa' | 'other' | 'ca' | 'user', Key>;
let [plain, certified] = [] as unknown as [Sshd, Sshd];
beforeAll(async () => {
  const [host, rsa, other, ca, user] = await Promise.all([
    makeKey(dir, { name: 'host' }),
    makeKey(dir, { name: 'rsa', type: 'rsa' }),
    ...['other', 'ca', 'user'].map((name) => makeKey(dir, { name })),
  ]);
  keys = { host, rsa, other: other!, ca: ca!, user: user! };
  await must('ssh-keygen', ['-q', '-s', keys.ca.path, '-I', 'id', '-h', '-n', '127.0.0.1', `${host.path}.pub`]);
  const own = [`HostKey ${host.path}`, `HostKey ${rsa.path}`, 'KexAlgorithms curve25519-sha256'];
  [plain, certified] = await Promise.all([
    startSshd({ config: own }),
    startSshd({ config: [...own, `HostCertificate ${host.path}-cert.pub`] }),
  ]);
  for (const server of [plain, certified]) server.authorize(keys.user.publicLine);
});
afterAll(() => Promise.all([plain.stop(), certified.stop()]));

/** Files full of what people, tools and accidents leave in them; AT is the server, PORT its port, OWN its best key. */
function files(): fc.Arbitrary<string> {
  const { host, rsa, other, ca } = keys;
  const lines = [host, rsa, other, ca].map(({ publicLine }) => publicLine.split(' ').slice(0, 2).join(' '));
  const blob = lines[0]!.split(' ')[1]!;
  const certificate = readFileSync(`${host.path}-cert.pub`, 'utf8').trim();
  const broken = [
    `ssh-rsa ${blob}`,
    `ssh-ed25519 ${blob.slice(0, -6)}`,
    `ssh-ed25519 ${blob}AAAA`,
    'ssh-ed25519',
    blob,
    `SSH-ED25519 ${blob}`,
  ];
  const odd = [`ssh-ed25519\t${blob}`, `ssh-ed25519  ${blob}`, `"ssh-ed25519" ${blob}`, '2048 35 123456789', certificate];
  const own = ['AT', 'AT,other', 'other,AT', '*', '[127.0.0.1]:*', '[127.0.0.*]:PORT', ',AT', 'AT,'];
  const bare = ['127.0.0.1', '127.0.0.?', '*,!AT', '!AT', '*,!127.0.0.1', '127.0.0.1,!AT'];
  const none = ['other', '!*', '[127.0.0.1]', '127.0.0.1:PORT', '[127.0.0.1]:0PORT', '|1|AAAA|AAAA', '"AT"'];
  const marker = ['@revoked ', '@cert-authority ', '@bogus ', '@REVOKED ', '@revoked\t', '@revoked', '@revoked @cert-authority '];
  const line = fc.tuple(
    fc.constantFrom('', '', '', ' ', '\t', '#', '\u00a0'),
    fc.oneof({ weight: 4, arbitrary: fc.constant('') }, fc.constantFrom(...marker)),
    fc.constantFrom(...own, ...own, ...bare, ...none),
    fc.constantFrom(' ', '\t', '  '),
    fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...lines) }, fc.constantFrom(...broken, ...odd)),
    fc.constantFrom('', ' comment', ' # x', '\r', '\\'),
  );
  return fc.array(line, { minLength: 1, maxLength: 5 }).map((all) => `${all.map((parts) => parts.join('')).join('\n')}\n`);
}

async function bothReach(server: Sshd, text: string) {
  const file = join(dir, `known-${server.port}`);
  writeFileSync(file, text.replaceAll('AT', `[127.0.0.1]:${server.port}`).replaceAll('PORT', String(server.port)));
  const options = ['StrictHostKeyChecking=yes', 'BatchMode=yes', `UserKnownHostsFile=${file}`, 'GlobalKnownHostsFile=none'];
  const flags = [...options, 'UpdateHostKeys=no', `IdentityFile=${keys.user.path}`].flatMap((option) => ['-o', option]);
  const base = aHop({ port: server.port, user: server.user, identities: required(keys.user.path) });
  const knownHosts = { alias: null, userFiles: [file], systemFiles: [], pins: [] };
  const ours = visit({ ...base, knownHosts, trust: { ...base.trust, strict: 'yes' } }).then(
    () => 'reached',
    (error: unknown) => problemOf(error).code,
  );
  const ssh = await run('ssh', ['-F', 'none', ...flags, '-p', String(server.port), `${server.user}@127.0.0.1`, 'true']);
  return { ssh: ssh.code === 0 ? 'reached' : 'refused', ours: await ours, said: ssh.stderr };
}

/**
 * ssh heeds `@revoked` for the bare name only where nothing is known for the name with the port. And where a certificate
 * is shown that nobody vouches for, it looks for the bare name before it sees that another key is known for the one with the port.
 */
const isStricter = (server: Sshd, ours: string): boolean =>
  ours === 'host-key-revoked' || (server === certified && ours === 'host-key-changed');

test('a server is reached with any known_hosts with which ssh reaches it, and with no other, but that we are stricter in two oddities', async () => {
  for (const text of fc.sample(files(), 25)) {
    for (const server of [plain, certified]) {
      const { ssh, ours, said } = await bothReach(server, text);
      if (ssh === 'reached' && isStricter(server, ours)) continue;
      expect(ours === 'reached' ? 'reached' : 'refused', `${text}\n${ours}; ssh:\n${said}`).toBe(ssh);
    }
  }
}, 120_000);
