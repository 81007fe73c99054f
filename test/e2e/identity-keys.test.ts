import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BesideSsh, type Row, expectedOf, seenBeside } from '../support/beside-ssh.ts';
import { type Agent, type Key, type KeyType, makeKey, startAgent } from '../support/keys.ts';
import { type OpenSsh10, openssh10 } from '../support/openssh10.ts';
import { isRoot, must } from '../support/run.ts';
import type { Sshd } from '../support/sshd.ts';
import { tempDir } from '../support/temp-home.ts';

type Parts = {
  place: BesideSsh;
  servers: Record<'sshd' | 'impatient' | 'old', Sshd>;
  dir: string;
  agents: Agent[];
  ten: OpenSsh10 | null;
};
const parts = {} as Parts;

type Case = Omit<Row, 'server'> & { readonly at?: keyof Parts['servers'] };
const identity = (name: string): string => `IdentityFile ~/.ssh/${name}`;
const agent = (name: string): string => `IdentityAgent ~/agent-${name}`;
const NO_FILE = 'IdentityFile none';
const TYPES: readonly KeyType[] = ['ed25519', 'ecdsa', 'rsa'];

const CERTIFICATES: readonly Case[] = [
  ...TYPES.map((type) => ({ title: `${type}, beside its key`, config: [identity(`cert-${type}`)], log: /Accepted publickey .* \S+-CERT/ })),
  ...TYPES.map((type) => ({
    title: `${type}, in the agent`,
    config: [NO_FILE, agent(`cert-${type}`)],
    log: /Accepted publickey .* \S+-CERT/,
  })),
  { title: 'named by CertificateFile', config: [identity('apart'), 'CertificateFile ~/certificate.pub'], log: /Accepted .* ED25519-CERT/ },
  { title: 'of a key in the agent, named by CertificateFile', config: [NO_FILE, agent('apart'), 'CertificateFile ~/certificate.pub'] },
  { title: 'expired', config: [identity('expired')], refused: 'login-refused' },
  { title: 'not yet valid', config: [identity('early')], refused: 'login-refused' },
  { title: 'expired, and another key', config: [identity('expired'), identity('good')] },
  { title: 'of another authority', config: [identity('foreign')], refused: 'login-refused' },
  { title: 'for another account', config: [identity('other-name')], refused: 'login-refused' },
  { title: 'for another address', config: [identity('other-address')], refused: 'login-refused' },
  { title: 'of an authority that signs with SHA-1', config: [identity('sha1')], refused: 'login-refused' },
];

const KEYS: readonly Case[] = [
  ...['ed25519', 'ecdsa', 'rsa'].map((type) => ({ title: `${type}, in a file`, config: [identity(`plain-${type}`)] })),
  { title: 'at its usual place, named by nobody' },
  { title: 'in a file that others may read', config: [identity('open')], refused: 'key-unusable' },
  { title: 'that the server does not know', config: [identity('stranger')], refused: 'login-refused' },
  { title: 'with PubkeyAuthentication no', config: [identity('good'), 'PubkeyAuthentication no'], refused: 'login-refused' },
  {
    title: 'RSA with PubkeyAcceptedAlgorithms ssh-ed25519',
    config: [identity('plain-rsa'), 'PubkeyAcceptedAlgorithms ssh-ed25519'],
    refused: 'key-unusable',
  },
  { title: 'RSA, shorter than RequiredRSASize', config: [identity('plain-rsa'), 'RequiredRSASize 4096'], refused: 'key-unusable' },
  { title: 'RSA, where the server takes SHA-1 alone', at: 'old', config: [identity('plain-rsa')], refused: 'login-refused' },
  {
    title: 'RSA, where the server takes SHA-1 alone and ssh_config too',
    at: 'old',
    config: [identity('plain-rsa'), 'PubkeyAcceptedAlgorithms ssh-rsa'],
  },
  // Its server-sig-algs says that it would take the better ones.
  {
    title: 'RSA, where the server takes SHA-1 alone and ssh_config as the last',
    at: 'old',
    config: [identity('plain-rsa'), 'PubkeyAcceptedAlgorithms +ssh-rsa'],
    refused: 'login-refused',
  },
];

const AGENTS: readonly Case[] = [
  { title: 'IdentityAgent', config: [NO_FILE, agent('good')] },
  {
    title: 'IdentityAgent none',
    config: [NO_FILE, 'IdentityAgent none'],
    env: { SSH_AUTH_SOCK: '~/agent-good' },
    refused: 'no-credentials',
  },
  { title: 'ten keys, the last one right, and three tries', at: 'impatient', config: [NO_FILE, agent('many')], refused: 'login-refused' },
  {
    title: 'ten keys and IdentitiesOnly, the key known by its public file',
    at: 'impatient',
    config: [identity('last.pub'), 'IdentitiesOnly yes', agent('many')],
  },
  { title: 'ten keys, and the key of the configuration first', at: 'impatient', config: [identity('last.pub'), agent('many')] },
  {
    title: 'ten keys, and a key file, which ssh tries too late',
    at: 'impatient',
    config: [identity('good'), agent('many')],
    ssh: 'refused',
  },
  {
    title: 'ten keys, and a key file with IdentitiesOnly',
    at: 'impatient',
    config: [identity('good'), 'IdentitiesOnly yes', agent('many')],
  },
  { title: 'IdentitiesOnly and no file', config: [NO_FILE, 'IdentitiesOnly yes', agent('good')], refused: 'no-credentials' },
  { title: 'none there, and a key file', config: [identity('good'), agent('nowhere')] },
  { title: 'a dead one, and a key file', config: [identity('good'), agent('dead')] },
  { title: 'a dead one alone', config: [NO_FILE, agent('dead')], refused: 'agent-unusable' },
];

const SECURITY_KEYS: readonly Case[] = ['ed25519-sk', 'ecdsa-sk'].map((type) => ({
  title: type,
  config: [NO_FILE, agent(type)],
  log: new RegExp(`Accepted publickey .* ${type.toUpperCase()}`),
}));

describe.runIf(isRoot)('beside ssh with the same configuration', () => {
  beforeAll(prepare);
  afterAll(async () => {
    await parts.place?.dispose();
    await Promise.all(parts.agents.map((each) => each.stop()));
  });

  const check = async ({ at = 'sshd', ...row }: Case): Promise<void> => {
    const whole = { server: parts.servers[at], ...row };
    const { seen, said } = await seenBeside(parts.place, whole);
    expect(seen, said).toEqual(expectedOf(whole));
  };

  test.for(CERTIFICATES)('a certificate $title', check);
  test.for(KEYS)('a key $title', check);
  test.for(AGENTS)('an agent: $title', check);
  test.for(SECURITY_KEYS)('a security key in the agent: $title', async (row, { skip }) => {
    if (parts.ten === null) return skip('OpenSSH 10 cannot be had here');
    await check(row);
  });
});

/** All keys in ~/.ssh, and an agent at ~/agent-NAME for each of the rows. */
async function prepare(): Promise<void> {
  const [place, dir, ten] = [await BesideSsh.make(), tempDir(), await openssh10()];
  const [ca] = await Promise.all([
    makeKey(dir, { name: 'ca' }),
    makeKey(dir, { name: 'rsa-ca', type: 'rsa' }),
    makeKey(dir, { name: 'other-ca' }),
  ]);
  const trust = `TrustedUserCAKeys ${join(dir, 'cas')}`;
  writeFileSync(join(dir, 'cas'), `${ca.publicLine}\n${readFileSync(join(dir, 'rsa-ca.pub'), 'utf8')}`);
  const [sshd, impatient, old] = await Promise.all([
    place.serve({ config: [trust] }),
    place.serve({ config: ['MaxAuthTries 3'] }),
    place.serve({ config: ['PubkeyAcceptedAlgorithms ssh-rsa'] }),
  ]);
  Object.assign(parts, { place, dir, ten, agents: [], servers: { sshd, impatient, old } });
  await Promise.all([makeCertificates(), makeKeys()]);
  await makeAgents();
}

async function makeCertificates(): Promise<void> {
  for (const type of TYPES) await certified(`cert-${type}`, { type });
  const apart = await certified('apart');
  renameSync(`${apart.path}-cert.pub`, join(parts.place.home.home, 'certificate.pub'));
  await certified('expired', { more: ['-V', '-2h:-1h'] });
  await certified('early', { more: ['-V', '+1h:+2h'] });
  await certified('foreign', { ca: 'other-ca' });
  await certified('other-name', { principal: 'somebody' });
  await certified('other-address', { more: ['-O', 'source-address=192.0.2.1'] });
  await certified('sha1', { ca: 'rsa-ca', more: ['-t', 'ssh-rsa'] });
}

type Certificate = { readonly type?: KeyType; readonly ca?: string; readonly principal?: string; readonly more?: readonly string[] };

async function certified(
  name: string,
  { type = 'ed25519', ca = 'ca', principal = parts.place.user.name, more = [] }: Certificate = {},
): Promise<Key> {
  const key = await parts.place.key(name, { type });
  await must('ssh-keygen', ['-q', '-s', join(parts.dir, ca), '-I', name, '-n', principal, ...more, `${key.path}.pub`]);
  parts.place.own(`${key.path}-cert.pub`);
  return key;
}

async function makeKeys(): Promise<void> {
  const { place, servers } = parts;
  const known = await Promise.all([
    ...TYPES.map((type) => place.key(`plain-${type}`, { type })),
    ...['good', 'open', 'id_ed25519', 'last'].map((name) => place.key(name)),
  ]);
  await place.key('stranger');
  chmodSync(join(place.home.home, '.ssh/open'), 0o644);
  for (const { publicLine } of known) for (const server of Object.values(servers)) server.authorize(publicLine);
}

async function makeAgents(): Promise<void> {
  const at = (name: string): string => join(parts.place.home.home, '.ssh', name);
  for (const type of TYPES) await startAgentWith(`cert-${type}`, [at(`cert-${type}`)]);
  for (const name of ['apart', 'good']) await startAgentWith(name, [at(name)]);
  const strangers = await Promise.all(Array.from({ length: 9 }, (_, index) => makeKey(parts.dir, { name: `many-${index}` })));
  await startAgentWith('many', [...strangers.map(({ path }) => path), at('last')]);
  const dead = await startAgentWith('dead', []);
  await dead.stop('SIGKILL');
  rmSync(at('last'));
  for (const { config } of parts.ten === null ? [] : SECURITY_KEYS) await securityKey(config![1]!.replace(/.*agent-/, ''));
}

async function startAgentWith(
  name: string,
  paths: readonly string[],
  options: Partial<Parameters<typeof startAgent>[0]> = {},
): Promise<Agent> {
  const { user, home } = parts.place;
  const started = await startAgent({ as: user, socket: join(home.home, `agent-${name}`), ...options });
  parts.agents.push(started);
  for (const path of paths) await started.add(path);
  return started;
}

/** A security key in software, known to the server and held by an agent. */
async function securityKey(type: string): Promise<void> {
  const { tools, env } = parts.ten!;
  const path = join(parts.dir, type);
  await must(tools.sshKeygen, ['-q', '-t', type, '-w', tools.skProvider, '-N', '', '-f', path], { env: { ...process.env, ...env } });
  const started = await startAgentWith(type, [], { programs: tools, providers: `${tmpdir()}/*`, env });
  await started.add(path, { provider: tools.skProvider });
  parts.servers.sshd.authorize(readFileSync(`${path}.pub`, 'utf8').trim());
}
