import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BesideSsh, type Row, expectedOf, seenBeside } from '../support/beside-ssh.ts';
import { type Key, makeKey } from '../support/keys.ts';
import { isRoot, must } from '../support/run.ts';
import type { Sshd } from '../support/sshd.ts';
import { tempDir } from '../support/temp-home.ts';

type Parts = {
  place: BesideSsh;
  /** `sshd` has plain keys of three types, the others a certificate each beside the same ed25519 key. */
  servers: Record<'sshd' | Certificate, Sshd>;
  dir: string;
  other: Key;
};
const parts = {} as Parts;

const CERTIFICATES = {
  good: ['-n', '127.0.0.1'],
  foreign: ['-n', 'elsewhere.example'],
  expired: ['-n', '127.0.0.1', '-V', '-2h:-1h'],
  nameless: [],
} as const;
type Certificate = keyof typeof CERTIFICATES;

type Known = (names: { at: string; own: string; ownRsa: string; other: string; ca: string; hashed: string }) => string;
type Case = Omit<Row, 'server' | 'known' | 'log'> & { readonly on?: keyof Parts['servers']; readonly knows?: Known };
const strict = (value: string): string => `StrictHostKeyChecking ${value}`;
const nothing: Known = () => '';
const changed: Known = ({ at, other }) => `${at} ${other}\n`;
const askpass = (name: string) => ({ SSH_ASKPASS: `askpass-${name}`, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':9' });

const NEW: readonly Case[] = [
  { title: 'yes', config: [strict('yes')], knows: nothing, refused: 'host-key-unknown' },
  { title: 'accept-new', config: [strict('accept-new')], knows: nothing },
  { title: 'accept-new and HashKnownHosts', config: [strict('accept-new'), 'HashKnownHosts yes'], knows: nothing },
  { title: 'no', config: [strict('no')], knows: nothing },
  { title: 'ask, and nobody there', config: [strict('ask')], knows: nothing, refused: 'prompt-waiting' },
  { title: 'ask, and yes', config: [strict('ask')], knows: nothing, env: askpass('yes') },
  { title: 'ask, and no', config: [strict('ask')], knows: nothing, env: askpass('no'), refused: 'host-key-unknown' },
  { title: 'ask, and its fingerprint', config: [strict('ask')], knows: nothing, env: askpass('fingerprint') },
  { title: 'BatchMode', config: ['BatchMode yes'], knows: nothing, env: askpass('yes'), refused: 'host-key-unknown' },
];

const KNOWN: readonly Case[] = [
  { title: 'by the name alone', knows: ({ own }) => `127.0.0.1 ${own}\n` },
  { title: 'by a pattern', knows: ({ own }) => `*.example,[127.0.0.*]:* ${own}\n` },
  {
    title: 'by a pattern that leaves it out',
    knows: ({ own }) => `[127.0.0.1]:*,![127.0.0.1]:* ${own}\n`,
    refused: 'host-key-unknown',
    config: [strict('yes')],
  },
  { title: 'hashed', knows: ({ hashed }) => hashed },
  { title: 'by its RSA key alone', knows: ({ at, ownRsa }) => `${at} ${ownRsa}\n` },
  { title: 'in the second of several files', config: ['UserKnownHostsFile ~/none ~/known'] },
  { title: 'in the global file', config: ['UserKnownHostsFile ~/none', 'GlobalKnownHostsFile ~/known'] },
  { title: 'by its alias', config: ['HostKeyAlias srv'], knows: ({ own }) => `srv ${own}\n` },
  { title: 'by its address where there is an alias', config: ['HostKeyAlias srv', strict('yes')], refused: 'host-key-unknown' },
  { title: 'by KnownHostsCommand', config: ['KnownHostsCommand /bin/cat %d/from-command'], knows: nothing },
  {
    title: 'by a KnownHostsCommand that fails',
    config: ['KnownHostsCommand /bin/false'],
    refused: 'known-hosts-command-failed',
    exit: 3,
    wait: 1,
  },
  {
    title: 'between lines that are none',
    knows: ({ at, own, other }) => `# ${at} ${other}\n\n${at} ssh-ed25519 AAAA\n@what ${at} ${other}\n  ${at}   ${own} with words\n`,
  },
];

const REFUSED: readonly Case[] = [
  { title: 'changed', knows: changed, refused: 'host-key-changed' },
  { title: 'changed, accept-new', knows: changed, config: [strict('accept-new')], refused: 'host-key-changed' },
  { title: 'changed, and an old key of it known too', knows: ({ at, own, other }) => `${at} ${other}\n${at} ${own}\n` },
  { title: 'revoked', knows: ({ at, own }) => `${at} ${own}\n@revoked * ${own}\n`, refused: 'host-key-revoked' },
  { title: 'revoked, while new', knows: ({ own }) => `@revoked * ${own}\n`, config: [strict('accept-new')], refused: 'host-key-revoked' },
  { title: 'of a RevokedHostKeys list', config: ['RevokedHostKeys ~/revoked-keys'], refused: 'host-key-revoked' },
  { title: 'of a RevokedHostKeys KRL', config: ['RevokedHostKeys ~/revoked-krl'], refused: 'host-key-revoked' },
  { title: 'with RevokedHostKeys that are not there', config: ['RevokedHostKeys ~/revoked-none'], refused: 'revoked-keys-unusable' },
];

const authority: Known = ({ ca }) => `@cert-authority * ${ca}\n`;
const CERTIFIED: readonly Case[] = [
  { title: 'of a known authority', on: 'good', knows: authority },
  { title: 'of an authority for this name', on: 'good', knows: ({ at, ca }) => `@cert-authority ${at} ${ca}\n` },
  {
    title: 'of an authority for another name',
    on: 'good',
    knows: ({ ca }) => `@cert-authority *.example ${ca}\n`,
    config: [strict('yes')],
    refused: 'host-key-unknown',
  },
  { title: 'of an authority that nobody knows', on: 'good', knows: nothing, config: [strict('yes')], refused: 'host-key-unknown' },
  {
    title: 'of another authority',
    on: 'good',
    knows: ({ other }) => `@cert-authority * ${other}\n`,
    config: [strict('yes')],
    refused: 'host-key-unknown',
  },
  { title: 'whose authority is known as a plain key', on: 'good', knows: ({ at, ca }) => `${at} ${ca}\n`, refused: 'host-key-changed' },
  { title: 'for another name', on: 'foreign', knows: authority, config: [strict('yes')], refused: 'host-certificate-refused' },
  { title: 'for another name, that is the alias', on: 'foreign', knows: authority, config: ['HostKeyAlias elsewhere.example'] },
  { title: 'expired', on: 'expired', knows: authority, config: [strict('yes')], refused: 'host-certificate-refused' },
  { title: 'expired, with a plain key that is known', on: 'expired', knows: (names) => `${authority(names)}${names.at} ${names.own}\n` },
  { title: 'for no name', on: 'nameless', knows: authority, config: [strict('yes')] },
  {
    title: 'of a revoked authority',
    on: 'good',
    knows: (names) => `${authority(names)}@revoked * ${names.ca}\n`,
    refused: 'host-key-revoked',
  },
  { title: 'of a revoked key', on: 'good', knows: (names) => `${authority(names)}@revoked * ${names.own}\n`, refused: 'host-key-revoked' },
  {
    title: 'revoked by a KRL',
    on: 'good',
    knows: authority,
    config: ['RevokedHostKeys ~/revoked-certificates'],
    refused: 'host-key-revoked',
  },
  {
    title: 'with CASignatureAlgorithms that leave it out',
    on: 'good',
    knows: authority,
    config: ['CASignatureAlgorithms rsa-sha2-512', strict('yes')],
    refused: 'host-certificate-refused',
  },
];

describe.runIf(isRoot)('beside ssh with the same configuration', () => {
  beforeAll(prepare);
  afterAll(() => parts.place?.dispose());

  const check = async ({ on = 'sshd', knows, env, ...row }: Case) => {
    const { place, servers } = parts;
    const server = servers[on];
    const known = knows?.(namesFor(server)) ?? server.knownHostsLine();
    const program = env?.['SSH_ASKPASS'];
    const whole = { server, known, ...row, ...(program !== undefined && { env: { ...env, SSH_ASKPASS: join(place.home.home, program) } }) };
    const { seen, said, both } = await seenBeside(place, whole);
    expect(seen, said).toEqual(expectedOf(whole));
    return { ...both, server };
  };

  test.for(NEW)('a new host key: $title', async (row) => {
    const { ssh, tunnels, server } = await check({ ...row, inTurn: true });
    // What ssh has written is what we have written, but for the salt of a hashed name.
    const unsalted = (text: string): string => text.replace(/^\|1\|\S+/gm, '|1|');
    const [byUs, bySsh] = [tunnels.known ?? '', ssh.known ?? ''];
    expect(unsalted(byUs)).toBe(unsalted(bySsh));
    for (const known of [byUs, bySsh]) expect(await isFound(server, known)).toBe(row.refused === undefined);
  });
  test.for(KNOWN)('a host key, known $title', async (row) => void (await check(row)));
  test.for(REFUSED)('a host key, $title', async (row) => void (await check(row)));
  test.for(CERTIFIED)('a host certificate, $title', async (row) => void (await check(row)));
});

async function prepare(): Promise<void> {
  const [place, dir] = [await BesideSsh.make(), tempDir()];
  Object.assign(parts, { place, dir });
  const [, , other] = await Promise.all([
    makeKey(dir, { name: 'host' }),
    makeKey(dir, { name: 'ca' }),
    makeKey(dir, { name: 'other' }),
    place.key('id_ed25519'),
  ]);
  const names = Object.keys(CERTIFICATES) as Certificate[];
  const certified = names.map(async (name) => [name, await place.serve({ config: await certificateOf(name) })] as const);
  const servers = {
    ...Object.fromEntries(await Promise.all(certified)),
    sshd: await place.serve({ hostKeyTypes: ['ed25519', 'rsa', 'ecdsa'] }),
  };
  Object.assign(parts, { other, servers });
  const login = readFileSync(join(place.home.home, '.ssh/id_ed25519.pub'), 'utf8').trim();
  for (const server of Object.values(parts.servers)) server.authorize(login);
  await makeFiles();
}

async function certificateOf(name: Certificate): Promise<string[]> {
  const path = join(parts.dir, `host-${name}`);
  for (const end of ['', '.pub']) writeFileSync(`${path}${end}`, readFileSync(join(parts.dir, `host${end}`)), { mode: 0o600 });
  await must('ssh-keygen', ['-q', '-h', '-s', join(parts.dir, 'ca'), '-I', name, ...CERTIFICATES[name], `${path}.pub`]);
  return [`HostKey ${path}`, `HostCertificate ${path}-cert.pub`, 'HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com,ssh-ed25519'];
}

async function makeFiles(): Promise<void> {
  const { place, servers, dir } = parts;
  const own = servers.sshd.hostKeys.map(({ publicLine }) => `${publicLine}\n`).join('');
  place.home.write('from-command', servers.sshd.knownHostsLine());
  writeFileSync(join(dir, 'hashed'), servers.sshd.knownHostsLine());
  await must('ssh-keygen', ['-q', '-H', '-f', join(dir, 'hashed')]);
  const list = place.home.write('revoked-keys', own);
  const certificate = join(dir, 'host-good-cert.pub');
  await must('ssh-keygen', ['-q', '-k', '-f', join(place.home.home, 'revoked-krl'), list]);
  await must('ssh-keygen', ['-q', '-k', '-f', join(place.home.home, 'revoked-certificates'), certificate]);
  place.own(...['revoked-krl', 'revoked-certificates'].map((name) => join(place.home.home, name)));
  const answers = { yes: 'yes', no: 'no', fingerprint: servers.sshd.hostKey.fingerprint };
  for (const [name, answer] of Object.entries(answers)) place.home.write(`askpass-${name}`, `#!/bin/sh\necho '${answer}'\n`, 0o700);
}

const bare = (line: string): string => line.split(' ').slice(0, 2).join(' ');

function namesFor(server: Sshd) {
  const pub = (name: string): string => bare(readFileSync(join(parts.dir, `${name}.pub`), 'utf8').trim());
  const own = server === parts.servers.sshd ? bare(server.hostKey.publicLine) : pub('host');
  const ownRsa = bare(server.hostKeys[1]?.publicLine ?? '');
  return {
    at: `[127.0.0.1]:${server.port}`,
    own,
    ownRsa,
    other: pub('other'),
    ca: pub('ca'),
    hashed: readFileSync(join(parts.dir, 'hashed'), 'utf8'),
  };
}

/** Whether ssh-keygen finds the server in what a known_hosts holds. */
async function isFound(server: Sshd, known: string): Promise<boolean> {
  const file = join(parts.dir, 'looked-at');
  writeFileSync(file, known);
  const found = await must('sh', ['-c', `ssh-keygen -F '[127.0.0.1]:${server.port}' -f ${file} || true`]);
  return found.includes(bare(server.hostKey.publicLine).split(' ')[1]!);
}
