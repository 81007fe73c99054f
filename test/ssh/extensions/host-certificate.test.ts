import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readWhole, wireString } from '../../../src/ssh/identity/keys/wire-reader.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { must, run } from '../../support/run.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { dial, hopOf, problemOfDial } from '../session/dial.ts';
import { tamperWith } from '../session/tamper.ts';

const dir = tempDir();
let ca: Key;
let user: Key;
beforeAll(async () => {
  [ca, user] = await Promise.all([makeKey(dir, { name: 'ca' }), makeKey(dir, { name: 'user' })]);
});

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** A host key with a certificate for 127.0.0.1. */
async function certified(name: string, options: readonly string[]): Promise<{ readonly key: string; readonly certificate: string }> {
  const key = join(dir, name);
  await must('ssh-keygen', ['-q', ...options, '-N', '', '-f', key]);
  await must('ssh-keygen', ['-q', '-s', ca.path, '-I', 'id', '-h', '-n', '127.0.0.1', '-V', '-1h:+1h', `${key}.pub`]);
  return { key, certificate: `${key}-cert.pub` };
}

async function serverOf({ key, certificate }: { key: string; certificate: string }, algorithm: string): Promise<Sshd> {
  const config = [`HostKey ${key}`, `HostCertificate ${certificate}`, `HostKeyAlgorithms ${algorithm}`];
  const sshd = await startSshd({ config });
  ends.push(() => sshd.stop());
  return sshd;
}

const knownTo = (port: number) => {
  const file = join(dir, `known-${port}`);
  writeFileSync(file, `@cert-authority [127.0.0.1]:${port} ${ca.publicLine}\n`);
  return { knownHosts: { alias: null, userFiles: [file], systemFiles: [], pins: [] } };
};

const blobOf = (file: string): Buffer => Buffer.from(readFileSync(file, 'utf8').split(' ')[1] ?? '', 'base64');

/** The three strings of SSH_MSG_KEXDH_REPLY: host key, public value, signature. */
const partsOf = (reply: Buffer): Buffer[] => readWhole(reply.subarray(1), (reader) => reader.all((one) => one.string())) ?? [];
const replyOf = (parts: readonly Buffer[]): Buffer => Buffer.concat([Buffer.of(31), ...parts.map((part) => wireString(part))]);

describe('a host certificate', () => {
  test.each([
    ['ssh-ed25519-cert-v01@openssh.com', ['-t', 'ed25519']],
    ['ecdsa-sha2-nistp256-cert-v01@openssh.com', ['-t', 'ecdsa', '-b', '256']],
    ['ecdsa-sha2-nistp384-cert-v01@openssh.com', ['-t', 'ecdsa', '-b', '384']],
    ['ecdsa-sha2-nistp521-cert-v01@openssh.com', ['-t', 'ecdsa', '-b', '521']],
    ['rsa-sha2-512-cert-v01@openssh.com', ['-t', 'rsa', '-b', '2048']],
    ['rsa-sha2-256-cert-v01@openssh.com', ['-t', 'rsa', '-b', '2048']],
  ])('%s is taken from a real server, as ssh takes it', async (algorithm, options) => {
    const sshd = await serverOf(await certified(algorithm.replace('@openssh.com', ''), options), algorithm);
    const link = await dial(await hopOf(sshd, knownTo(sshd.port), user));
    await link.ping();
    expect(sshd.log()).toContain(`kex: host key algorithm: ${algorithm}`);
    await link.close(1_000);
    const known = join(dir, `known-${sshd.port}`);
    const ssh = [
      '-F',
      'none',
      '-i',
      user.path,
      '-o',
      'BatchMode=yes',
      '-o',
      `UserKnownHostsFile=${known}`,
      '-o',
      'StrictHostKeyChecking=yes',
    ];
    expect((await run('ssh', [...ssh, '-p', String(sshd.port), '127.0.0.1', 'true'])).code).toBe(0);
  });

  test.each(['group-exchange-sha256', 'group14-sha256'])('goes with diffie-hellman-%s too', async (kex) => {
    const host = await certified(`with-${kex}`, ['-t', 'ed25519']);
    const sshd = await startSshd({
      config: [`HostKey ${host.key}`, `HostCertificate ${host.certificate}`, `KexAlgorithms diffie-hellman-${kex}`],
    });
    ends.push(() => sshd.stop());
    expect(await problemOfDial(await hopOf(sshd, knownTo(sshd.port), user))).toBe(null);
    expect(sshd.log()).toContain('kex: host key algorithm: ssh-ed25519-cert-v01@openssh.com');
  });

  test('is not replaced by another key, a certificate of another key or a signature of another kind', async () => {
    const host = await certified('host', ['-t', 'rsa', '-b', '2048']);
    const other = await certified('other', ['-t', 'rsa', '-b', '2048']);
    const ed25519 = await certified('other-ed25519', ['-t', 'ed25519']);
    const sshd = await serverOf(host, 'rsa-sha2-512-cert-v01@openssh.com');
    const relabelled = (signature: Buffer): Buffer => Buffer.concat([wireString('rsa-sha2-256'), signature.subarray(4 + 12)]);
    const changes: Record<string, (parts: Buffer[]) => readonly Buffer[]> = {
      'nothing changed': (parts) => parts,
      'its plain key': ([, ...rest]) => [blobOf(`${host.key}.pub`), ...rest],
      'the certificate of another': ([, ...rest]) => [blobOf(other.certificate), ...rest],
      'a certificate of another type': ([, ...rest]) => [blobOf(ed25519.certificate), ...rest],
      'a certificate cut short': ([key = Buffer.alloc(0), ...rest]) => [key.subarray(0, 200), ...rest],
      'another name of signature': ([key, value, signature]) => [key!, value!, relabelled(signature!)],
    };
    const ended: Record<string, string | undefined> = {};
    for (const [what, change] of Object.entries(changes)) {
      const server = (payload: Buffer) => [payload[0] === 31 ? replyOf(change(partsOf(payload))) : payload];
      const relay = await tamperWith(sshd.port, { server });
      ends.push(() => relay.stop());
      ended[what] = (await problemOfDial(await hopOf(sshd, { port: relay.port, ...knownTo(relay.port) }, user)))?.code;
    }
    expect(ended).toEqual({
      'nothing changed': undefined,
      'its plain key': 'handshake-failed',
      'the certificate of another': 'handshake-failed',
      'a certificate of another type': 'handshake-failed',
      'a certificate cut short': expect.stringMatching(/^h/),
      'another name of signature': 'handshake-failed',
    });
  });
});
