import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createHostVerifier } from '../../../src/ssh/identity/host-keys/host-verifier.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { must, run } from '../../support/run.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop } from './hop.ts';

/**
 * Each row is asked of the real ssh, which talks to a real sshd over a pipe, and of our verifier with the key or
 * certificate that this sshd shows. Both must say the same.
 */
const dir = tempDir();
const at = (name: string): string => join(dir, name);
const HOST = 'web.example';

let keys: Record<'host' | 'hostRsa' | 'smallRsa' | 'other' | 'ca' | 'rsaCa' | 'otherCa' | 'user', Key>;
beforeAll(async () => {
  const made = {
    host: makeKey(dir, { name: 'host' }),
    hostRsa: makeKey(dir, { name: 'hostRsa', type: 'rsa' }),
    other: makeKey(dir, { name: 'other' }),
    ca: makeKey(dir, { name: 'ca' }),
    rsaCa: makeKey(dir, { name: 'rsaCa', type: 'rsa' }),
    otherCa: makeKey(dir, { name: 'otherCa' }),
    user: makeKey(dir, { name: 'user' }),
  } as const;
  await must('ssh-keygen', ['-q', '-t', 'rsa', '-b', '1024', '-N', '', '-f', at('smallRsa')]);
  const entries = await Promise.all(Object.entries(made).map(async ([name, key]) => [name, await key] as const));
  keys = { ...(Object.fromEntries(entries) as Omit<typeof keys, 'smallRsa'>), smallRsa: { ...(await made.host), path: at('smallRsa') } };
  writeFileSync(at('authorized'), `${keys.user.publicLine}\n`, { mode: 0o644 });
});

const lineOf = (key: Key): string => readFileSync(`${key.path}.pub`, 'utf8').split(' ').slice(0, 2).join(' ').trim();
const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');
const HOUR = { valid: '-1h:+1h' };

type Signing = { readonly ca?: keyof typeof keys; readonly names?: string; readonly valid?: string; readonly more?: readonly string[] };

type Row = {
  /** Of known_hosts. */
  readonly lines?: () => string;
  readonly shows?: 'host' | 'hostRsa' | 'smallRsa';
  readonly certified?: Signing;
  readonly port?: number;
  /** Of ssh_config(5), and the same for our hop. */
  readonly options?: readonly string[];
  readonly trust?: Partial<ResolvedHop['trust']>;
  readonly hop?: Partial<ResolvedHop>;
  readonly alias?: string;
  /** Whether ssh accepts; what it really says is compared as well. */
  readonly good: boolean;
};

async function certify({ ca = 'ca', names = HOST, valid = HOUR.valid, more = [] }: Signing, shows: 'host' | 'hostRsa' | 'smallRsa') {
  const principals = names === '' ? [] : ['-n', names];
  await must('ssh-keygen', ['-q', '-s', keys[ca].path, '-I', 'id', '-h', ...principals, '-V', valid, ...more, `${keys[shows].path}.pub`]);
  return `${keys[shows].path}-cert.pub`;
}

const strictly = { trust: { strict: 'yes' as const }, options: ['StrictHostKeyChecking yes'] };

async function ask(row: Row, place: string) {
  const shows = row.shows ?? 'host';
  const certificate = row.certified === undefined ? null : await certify(row.certified, shows);
  const shown = blobOf(readFileSync(certificate ?? `${keys[shows].path}.pub`, 'utf8'));
  const [ours, theirs] = [at(`${place}-ours`), at(`${place}-theirs`)];
  for (const file of [ours, theirs]) writeFileSync(file, row.lines?.() ?? '');
  const verifier = await createHostVerifier(
    aHop({
      host: HOST,
      port: row.port ?? 22,
      knownHosts: { alias: row.alias ?? null, userFiles: [ours], systemFiles: [], pins: [] },
      ...row.hop,
      trust: { ...aHop().trust, strict: 'accept-new', ...row.trust },
    }),
  );
  const problem = await verifier.verify(shown, new AbortController().signal);
  return { problem, ssh: await sshAccepts(row, { certificate, key: keys[shows].path, known: theirs }), ours, theirs };
}

async function sshAccepts(row: Row, { certificate, key, known }: { certificate: string | null; key: string; known: string }) {
  const config = at('sshd_config');
  const shown = [`HostKey ${key}`, ...(certificate === null ? [] : [`HostCertificate ${certificate}`])];
  writeFileSync(
    config,
    [...shown, `AuthorizedKeysFile ${at('authorized')}`, 'StrictModes no', 'UsePAM no', 'RequiredRSASize 1024', ''].join('\n'),
  );
  const options = [
    ...(row.options ?? []),
    ...(row.alias === undefined ? [] : [`HostKeyAlias ${row.alias}`]),
    'StrictHostKeyChecking accept-new',
    `ProxyCommand /usr/sbin/sshd -i -f ${config}`,
    `UserKnownHostsFile ${known}`,
    'GlobalKnownHostsFile none',
    'BatchMode yes',
    'IdentityAgent none',
    `IdentityFile ${keys.user.path}`,
  ];
  const args = ['-F', 'none', ...options.flatMap((option) => ['-o', option]), '-p', String(row.port ?? 22), HOST, 'true'];
  const { code } = await run('ssh', args);
  return code === 0;
}

const authority = (pattern = '*.example', ca: keyof typeof keys = 'ca'): string => `@cert-authority ${pattern} ${lineOf(keys[ca])}\n`;
const known = (name = HOST, key: keyof typeof keys = 'host'): string => `${name} ${lineOf(keys[key])}\n`;
const certified: Signing = {};

const ROWS: Record<string, Row> = {
  'a known key': { lines: () => known(), good: true, ...strictly },
  'an unknown key, strictly': { good: false, ...strictly },
  'a new key where new ones are accepted': { good: true },
  'a new key beside one of another type': { lines: () => known(HOST, 'hostRsa'), good: false },
  'a changed key where new ones are accepted': { lines: () => known(HOST, 'other'), good: false },
  'a new key of another port': { lines: () => known(), port: 2222, good: true, ...strictly },
  'a key of a port at port 22': { lines: () => known(`[${HOST}]:2222`), good: false, ...strictly },
  'a key by its alias, whatever the port': { lines: () => known('al'), alias: 'al', port: 2222, good: true, ...strictly },
  'a revoked key': { lines: () => `${known()}@revoked * ${lineOf(keys.host)}\n`, good: false },
  'a key revoked for another name': { lines: () => `${known()}@revoked x ${lineOf(keys.host)}\n`, good: true, ...strictly },
  'an RSA key that is too small': {
    shows: 'smallRsa',
    lines: () => known(HOST, 'smallRsa'),
    options: ['RequiredRSASize 2048'],
    hop: { login: { ...aHop().login, leastRsaBits: 2048 } },
    good: false,
  },
  'an RSA key': { shows: 'hostRsa', lines: () => known(HOST, 'hostRsa'), good: true, ...strictly },

  'a certificate of a known authority': { certified, lines: () => authority(), good: true, ...strictly },
  'a certificate for another port': { certified, lines: () => authority(HOST), port: 2222, good: true, ...strictly },
  'a certificate of an authority for the port': {
    certified,
    lines: () => authority(`[${HOST}]:2222`),
    port: 2222,
    good: true,
    ...strictly,
  },
  'a certificate of another authority': { certified, lines: () => authority('*.example', 'otherCa'), good: false, ...strictly },
  'a certificate of an authority for other hosts': { certified, lines: () => authority('*.other'), good: false, ...strictly },
  'a certificate of nobody known, over a known key': { certified, lines: () => known(), good: true, ...strictly },
  'a certificate of nobody known, over a new key': { certified, good: true },
  'a certificate of nobody known, over a changed key': { certified, lines: () => known(HOST, 'other'), good: false },
  'an expired certificate': { certified: { valid: '-2h:-1h' }, lines: () => authority(), good: false, ...strictly },
  'an expired certificate over a known key': {
    certified: { valid: '-2h:-1h' },
    lines: () => authority() + known(),
    good: true,
    ...strictly,
  },
  'an expired certificate over a new key': { certified: { valid: '-2h:-1h' }, lines: () => authority(), good: true },
  'a certificate of tomorrow': { certified: { valid: '+1h:+2h' }, lines: () => authority(), good: false, ...strictly },
  'a certificate for another name': { certified: { names: 'a.example,b.example' }, lines: () => authority(), good: false, ...strictly },
  'a certificate for a pattern of names': { certified: { names: 'a,*.example' }, lines: () => authority(), good: false, ...strictly },
  'a certificate for the name in capitals': { certified: { names: 'WEB.example' }, lines: () => authority(), good: false, ...strictly },
  'a certificate for the alias': { certified: { names: 'al' }, alias: 'al', lines: () => authority('al'), good: true, ...strictly },
  'a certificate for the host where there is an alias': { certified, alias: 'al', lines: () => authority('al'), good: false, ...strictly },
  'a certificate without names': { certified: { names: '' }, lines: () => authority(), good: true, ...strictly },
  'a certificate with a critical option': {
    certified: { more: ['-O', 'critical:x@y=z'] },
    lines: () => authority(),
    good: false,
    ...strictly,
  },
  'a certificate with an extension': { certified: { more: ['-O', 'extension:x@y=z'] }, lines: () => authority(), good: true, ...strictly },
  'a certificate signed with SHA-1': {
    certified: { ca: 'rsaCa', more: ['-t', 'ssh-rsa'] },
    lines: () => authority('*.example', 'rsaCa'),
    good: false,
    ...strictly,
  },
  'a certificate signed with RSA and SHA-2': {
    certified: { ca: 'rsaCa', more: ['-t', 'rsa-sha2-256'] },
    lines: () => authority('*.example', 'rsaCa'),
    good: true,
    ...strictly,
  },
  'a certificate signed with what CASignatureAlgorithms leaves out': {
    certified,
    lines: () => authority(),
    good: false,
    options: ['StrictHostKeyChecking yes', 'CASignatureAlgorithms rsa-sha2-512'],
    trust: { strict: 'yes', caAlgorithms: ['rsa-sha2-512'] },
  },
  'an RSA certificate': { certified, shows: 'hostRsa', lines: () => authority(), good: true, ...strictly },
  'a certificate of a revoked authority': {
    certified,
    lines: () => `${authority()}${known()}@revoked * ${lineOf(keys.ca)}\n`,
    good: false,
    ...strictly,
  },
  'a certificate over a revoked key': {
    certified,
    lines: () => `${authority()}@revoked * ${lineOf(keys.host)}\n`,
    good: false,
    ...strictly,
  },
};

describe.each(Object.entries(ROWS))('%s', (name, row) => {
  test(`is ${row.good ? 'accepted' : 'refused'} by ssh and by us`, async () => {
    const { problem, ssh, ours, theirs } = await ask(row, 'row');
    expect({ ssh, ours: problem === null }, `${name}: ${JSON.stringify(problem)}`).toEqual({ ssh: row.good, ours: row.good });
    // What is written down is the same, too.
    expect(readFileSync(ours, 'utf8')).toBe(readFileSync(theirs, 'utf8'));
  });
});

describe('keys that RevokedHostKeys names', () => {
  const revokedBy = async (file: string, row: Partial<Row> = {}) => {
    const options = ['StrictHostKeyChecking yes', `RevokedHostKeys ${file}`];
    const trust = { strict: 'yes' as const, revokedFiles: [file] };
    const { problem, ssh } = await ask({ lines: () => authority() + known(), good: false, ...row, options, trust }, 'revoked');
    expect(ssh).toBe(problem === null);
    return problem;
  };
  const krl = async (name: string, specification: string): Promise<string> => {
    writeFileSync(at(`${name}.spec`), specification);
    await must('ssh-keygen', ['-q', '-k', '-f', at(name), '-s', `${keys.ca.path}.pub`, at(`${name}.spec`)]);
    return at(name);
  };

  test('are refused from a list of keys, with the line', async () => {
    writeFileSync(at('list'), `# gone\n\n${lineOf(keys.other)}\n${lineOf(keys.host)} comment\n`);
    expect(await revokedBy(at('list'))).toMatchObject({ code: 'host-key-revoked', facts: { file: at('list'), line: 4 } });
    writeFileSync(at('list'), `${lineOf(keys.other)}\n`);
    expect(await revokedBy(at('list'))).toBeNull();
    writeFileSync(at('list'), `${lineOf(keys.ca)}\n`);
    expect(await revokedBy(at('list'))).toBeNull();
    expect(await revokedBy(at('list'), { certified })).toMatchObject({ code: 'host-key-revoked' });
  });

  test('are refused from a key revocation list, by key, digest, serial number, range or identity', async () => {
    const serial = (number: string): Partial<Row> => ({ certified: { more: ['-z', number] } });
    const cases: readonly (readonly [specification: string, row: Partial<Row>, isRevoked: boolean])[] = [
      [`key: ${keys.host.publicLine}`, {}, true],
      [`key: ${keys.other.publicLine}`, {}, false],
      [`sha1: ${keys.host.publicLine}`, {}, true],
      [`sha256: ${keys.host.publicLine}`, {}, true],
      [`sha256: ${keys.host.publicLine}`, { certified }, true],
      [`hash: ${keys.host.fingerprint}`, {}, true],
      [`key: ${keys.ca.publicLine}`, { certified }, true],
      [`key: ${keys.ca.publicLine}`, {}, false],
      ['serial: 7', serial('7'), true],
      ['serial: 7', serial('8'), false],
      ['serial: 5-9', serial('9'), true],
      ['serial: 5-9', serial('10'), false],
      ['serial: 1-18446744073709551615', serial('0'), false],
      ['serial: 1\nserial: 3\nserial: 5\nserial: 7\nserial: 9\nserial: 11', serial('9'), true],
      ['serial: 1\nserial: 3\nserial: 5\nserial: 7\nserial: 9\nserial: 11', serial('10'), false],
      ['id: id', { certified }, true],
      ['id: other', { certified }, false],
      ['id: id', {}, false],
    ];
    for (const [specification, row, isRevoked] of cases) {
      const problem = await revokedBy(await krl('krl', `${specification}\n`), row);
      expect([specification, row, problem?.code]).toEqual([specification, row, isRevoked ? 'host-key-revoked' : undefined]);
    }
  });

  test('are all refused where the file is missing, broken or cut', async () => {
    const whole = readFileSync(await krl('whole', `serial: 1-5\nkey: ${keys.other.publicLine}\n`));
    writeFileSync(at('cut'), whole.subarray(0, -3));
    writeFileSync(at('nonsense'), 'hello world\n');
    for (const file of [at('missing'), at('cut'), at('nonsense')])
      expect(await revokedBy(file)).toMatchObject({ code: 'revoked-keys-unusable', facts: { file } });
  });
});
