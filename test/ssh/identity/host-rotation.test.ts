import { copyFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../../src/ssh/identity/host-keys/host-key.ts';
import { updateHostKeys } from '../../../src/ssh/identity/host-keys/host-rotation.ts';
import { printKnownHost } from '../../../src/ssh/identity/host-keys/known-hosts-append.ts';
import { wireString } from '../../../src/ssh/identity/keys/wire-reader.ts';
import type { Remark } from '../../../src/ssh/remark.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { must } from '../../support/run.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { until } from '../../support/until.ts';
import { aHop, required } from './hop.ts';
import { visit } from './visit.ts';

const dir = tempDir();
let sshd: Sshd;
let key: Key;
let count = 0;
const newFile = (text: string): string => {
  const file = join(dir, `known-${(count += 1)}`);
  writeFileSync(file, text);
  return file;
};

beforeAll(async () => {
  sshd = await startSshd({ hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'] });
  key = await makeKey(dir, { name: 'key' });
  sshd.authorize(key.publicLine);
});
afterAll(() => sshd.stop());

type Given = { readonly files: readonly string[]; readonly trust?: Partial<ResolvedHop['trust']>; readonly pins?: readonly string[] };

const hopFor = ({ files, trust = {}, pins = [] }: Given): ResolvedHop =>
  aHop({
    port: sshd.port,
    user: sshd.user,
    identities: required(key.path),
    knownHosts: { alias: null, userFiles: files, systemFiles: [], pins },
    trust: { ...aHop().trust, ...trust },
  });

const lines = (): readonly string[] => sshd.knownHostsLine().trim().split('\n');
const sorted = (file: string): string[] => readFileSync(file, 'utf8').trimEnd().split('\n').toSorted();

async function sshVisits(file: string): Promise<void> {
  const options = [`UserKnownHostsFile ${file}`, 'GlobalKnownHostsFile none', 'UpdateHostKeys yes', 'IdentityAgent none', 'BatchMode yes'];
  const args = ['-F', 'none', '-i', key.path, '-p', String(sshd.port), ...options.flatMap((option) => ['-o', option])];
  await must('ssh', [...args, `${sshd.user}@127.0.0.1`, 'true']);
}

describe('a server that tells its keys', () => {
  test('has the new ones added and the gone ones taken away, as ssh does it, and nothing else in the file changes', async () => {
    const old = await makeKey(dir, { name: 'old', type: 'rsa' });
    const gone = `[127.0.0.1]:${sshd.port} ${old.publicLine.split(' ').slice(0, 2).join(' ')}`;
    const before = `# mine\n${lines()[0]}\nother ${old.publicLine.split(' ')[0]} AAAA\n\n${gone}\nbroken line\n# end`;
    const [ours, theirs] = [newFile(before), newFile(before)];
    await sshVisits(theirs);
    await visit(hopFor({ files: [ours] }));
    await until(() => readFileSync(ours, 'utf8') !== before, { what: 'the file to change' });
    expect(readFileSync(ours, 'utf8')).toBe(readFileSync(theirs, 'utf8'));
    expect(readFileSync(`${ours}.old`, 'utf8')).toBe(before);
  });

  test('can then change the key that it shows, and nobody is asked', async () => {
    const file = newFile(`${lines()[0]}\n`);
    await visit(hopFor({ files: [file] }));
    await until(() => sorted(file).length === 3, { what: 'the keys to be learnt' });
    expect(sorted(file)).toEqual([...lines()].toSorted());
    const rotated = newFile(readFileSync(file, 'utf8').split('\n').slice(1).join('\n'));
    await visit(hopFor({ files: [rotated], trust: { strict: 'yes', update: 'no' } }));
  });

  test('is written hashed where HashKnownHosts says so, through a link, with the mode that the file has', async () => {
    const file = newFile(`${lines()[0]}\n`);
    const linked = join(dir, 'link');
    symlinkSync(file, linked);
    const { mode } = statSync(file);
    await visit(hopFor({ files: [linked], trust: { hash: true } }));
    await until(() => sorted(file).length === 3, { what: 'the keys to be learnt' });
    expect(sorted(file).filter((line) => line.startsWith('|1|'))).toHaveLength(2);
    expect(await must('ssh-keygen', ['-F', `[127.0.0.1]:${sshd.port}`, '-f', file])).toContain(lines()[2]!.split(' ')[2]);
    expect(statSync(file).mode).toBe(mode);
  });
});

/** A server of our own making, which holds what it signs with. */
function aServer() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const x = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const blob = Buffer.concat([wireString('ssh-ed25519'), wireString(x)]);
  const prove = (session: Buffer, claimed = blob): Buffer => {
    const statement = Buffer.concat([wireString('hostkeys-prove-00@openssh.com'), wireString(session), wireString(claimed)]);
    return wireString(Buffer.concat([wireString('ssh-ed25519'), wireString(sign(null, statement, privateKey))]));
  };
  return { blob, prove };
}

describe('keys that a server tells', () => {
  const session = Buffer.from('session');
  const [one, two, three] = [aServer(), aServer(), aServer()];
  const lineOf = ({ blob }: { blob: Buffer }, name = 'srv'): string => `${printKnownHost({ name, key: blob, hash: false })}\n`;

  type Offer = { readonly keys?: readonly Buffer[]; readonly answer?: Buffer | null; readonly hop?: Partial<ResolvedHop> };
  async function after(text: string, { keys = [one.blob, two.blob], answer = two.prove(session), hop = {} }: Offer = {}) {
    const file = newFile(text);
    const asked: Buffer[] = [];
    const knownHosts = { alias: null, userFiles: [file], systemFiles: [], pins: [] };
    await updateHostKeys(aHop({ host: 'srv', knownHosts, ...hop }), {
      keys,
      session,
      prove: async (some) => (asked.push(...some), answer),
    });
    expect(existsSync(`${file}.old`)).toBe(readFileSync(file, 'utf8') !== text);
    return { text: readFileSync(file, 'utf8'), asked };
  }

  test('are added when they are proven, and only the new ones are asked to be', async () => {
    expect(await after(lineOf(one))).toEqual({ text: lineOf(one) + lineOf(two), asked: [two.blob] });
    expect(await after(lineOf(one), { keys: [one.blob] })).toEqual({ text: lineOf(one), asked: [] });
    expect(await after(lineOf(one) + lineOf(three), { keys: [one.blob] })).toEqual({ text: lineOf(one), asked: [] });
  });

  test('are not added, nor others removed, on a proof that is missing, wrong, of another session, short or long', async () => {
    const before = lineOf(one) + lineOf(three);
    const proof = two.prove(session);
    for (const answer of [
      null,
      Buffer.alloc(0),
      Buffer.from('nonsense'),
      one.prove(session),
      three.prove(session, two.blob),
      two.prove(Buffer.from('another')),
      proof.subarray(0, -1),
      Buffer.concat([proof, proof]),
    ])
      expect((await after(before, { answer })).text).toBe(before);
  });

  test('change nothing where a person has written lines that ssh leaves alone', async () => {
    for (const before of [
      lineOf(one) + lineOf(two, 'other'),
      lineOf(one) + lineOf(three) + lineOf(three, 'other'),
      lineOf(one, 's*'),
      lineOf(one, 'srv,a,b'),
      `${lineOf(one)}@revoked srv ${lineOf(three).split(' ').slice(1).join(' ')}`,
      `${lineOf(one)}@cert-authority * ${lineOf(three).split(' ').slice(1).join(' ')}`,
    ])
      expect(await after(before)).toEqual({ text: before, asked: [] });
  });

  test('change nothing where UpdateHostKeys does not say yes, there are pins, or a key comes twice', async () => {
    const before = lineOf(one);
    const trust = aHop().trust;
    for (const hop of [{ trust: { ...trust, update: 'no' as const } }, { trust: { ...trust, update: 'ask' as const } }])
      expect(await after(before, { hop })).toEqual({ text: before, asked: [] });
    expect(await after(before, { keys: [one.blob, two.blob, two.blob] })).toEqual({ text: before, asked: [] });
    expect(await after(before, { keys: [] })).toEqual({ text: before, asked: [] });
  });

  test('are kept in the first file alone', async () => {
    const [first, second] = [newFile(lineOf(one)), newFile(`${lineOf(two)}${lineOf(three)}other x\n`)];
    const knownHosts = { alias: null, userFiles: [first, second, join(dir, 'missing')], systemFiles: [], pins: [] };
    await updateHostKeys(aHop({ host: 'srv', knownHosts }), { keys: [one.blob, two.blob], session, prove: async () => null });
    expect([readFileSync(first, 'utf8'), readFileSync(second, 'utf8')]).toEqual([lineOf(one) + lineOf(two), 'other x\n']);
    expect(existsSync(join(dir, 'missing'))).toBe(false);
  });

  test('are told when they have changed a file, and so is a file that cannot be changed', async () => {
    const file = newFile(lineOf(one) + lineOf(three));
    const remarks: Remark[] = [];
    const offer = { keys: [one.blob, two.blob], session, prove: async () => two.prove(session) };
    const update = async (): Promise<void> => {
      const knownHosts = { alias: null, userFiles: [file], systemFiles: [], pins: [] };
      await updateHostKeys(aHop({ host: 'srv', knownHosts }), offer, (remark) => remarks.push(remark));
    };
    mkdirSync(`${file}.old`);
    await update();
    expect(remarks).toMatchObject([
      { is: 'trouble', problem: { code: 'known-hosts-unwritable', facts: { host: 'srv', file, what: 'changed' } } },
    ]);
    expect(readFileSync(file, 'utf8')).toBe(lineOf(one) + lineOf(three));
    rmdirSync(`${file}.old`);
    await update();
    await update();
    const words = ({ blob }: { blob: Buffer }): string => `ssh-ed25519 ${fingerprintOf(blob)}`;
    expect(remarks.slice(1)).toEqual([{ is: 'host-keys-updated', host: 'srv', port: 22, file, added: [words(two)], gone: [words(three)] }]);
  });

  test('of a server that is known only by the system’s file, a pin or an authority are not asked for', async () => {
    const file = newFile('');
    const system = newFile(sshd.knownHostsLine().split('\n')[0] ?? '');
    copyFileSync(system, `${system}-copy`);
    const hop = hopFor({ files: [file] });
    await visit({ ...hop, knownHosts: { ...hop.knownHosts, systemFiles: [system] } });
    await visit(hopFor({ files: [file], pins: [sshd.hostKey.fingerprint] }));
    expect(readFileSync(file, 'utf8')).toBe('');
    expect(readFileSync(system, 'utf8')).toBe(readFileSync(`${system}-copy`, 'utf8'));
  });
});
