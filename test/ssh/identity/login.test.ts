import { spawn } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../../../src/model/problem.ts';
import { createAuthHandler } from '../../../src/ssh/identity/logins/auth-handler.ts';
import { type Credentials, loadCredentials } from '../../../src/ssh/identity/logins/credentials.ts';
import { createHostVerifier } from '../../../src/ssh/identity/host-keys/host-verifier.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { type Agent, type Key, makeKey, startAgent } from '../../support/keys.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop, byDefault, required } from './hop.ts';

const dir = tempDir();
let sshd: Sshd;
let agent: Agent;
let good: Key, rsa: Key, bad: Key, bad2: Key;
beforeAll(async () => {
  sshd = await startSshd({ hostKeyTypes: ['ed25519', 'rsa', 'ecdsa'], config: ['LogLevel DEBUG1', 'MaxAuthTries 20'] });
  [good, rsa, bad, bad2] = await Promise.all([
    makeKey(dir, { name: 'good' }),
    makeKey(dir, { name: 'rsa', type: 'rsa' }),
    makeKey(dir, { name: 'bad' }),
    makeKey(dir, { name: 'bad2' }),
  ]);
  sshd.authorize(good.publicLine);
  sshd.authorize(rsa.publicLine);
  agent = await startAgent();
  await agent.add(bad.path);
  await agent.add(rsa.path);
  writeFileSync(join(dir, 'known'), sshd.knownHostsLine());
});
afterAll(async () => {
  await agent.stop();
  await sshd.stop();
});

const hopTo = (over: Partial<ResolvedHop> = {}): ResolvedHop =>
  aHop({
    port: sshd.port,
    user: sshd.user,
    knownHosts: { alias: null, userFiles: [join(dir, 'known')], systemFiles: [], pins: [] },
    ...over,
  });

type Ended = {
  readonly in: boolean;
  readonly hostKey: Problem | null;
  readonly refused: Problem;
  readonly levels: string[];
  readonly log: string;
};

async function login(hop: ResolvedHop, { loaded, server = sshd }: { loaded?: Credentials; server?: Sshd } = {}): Promise<Ended> {
  const from = server.log().length;
  const [verifier, credentials] = await Promise.all([createHostVerifier(hop), loaded ?? loadCredentials(hop)]);
  const { handler, attach, refused } = createAuthHandler(hop, credentials);
  const client = new ssh2.Client();
  const levels: string[] = [];
  let hostKey: Problem | null = null;
  const ended = await new Promise<boolean>((resolve) => {
    client.on('error', (error: Error & { level?: string }) => levels.push(error.level ?? 'none'));
    client.on('ready', () => resolve(true)).on('close', () => resolve(false));
    client.connect({
      host: hop.host,
      port: hop.port,
      username: hop.user,
      authHandler: handler,
      // Certificates are of an extension of ours, which is not in play here.
      algorithms: { serverHostKey: verifier.algorithms.filter((name) => !name.includes('-cert-')) },
      hostVerifier: (key: Buffer, answer: (isTrusted: boolean) => void) =>
        void verifier.verify(key, new AbortController().signal).then((untrusted) => answer((hostKey = untrusted) === null)),
    });
    attach(client, () => {});
  });
  client.end();
  await server.waitForLog(/Connection closed|Close session|Disconnected|Connection reset|Disconnecting/, { from });
  return { in: ended, hostKey, refused: refused(), levels, log: server.log().slice(from) };
}

const methods = (log: string): string[] =>
  [...log.matchAll(/userauth-request for user \S+ service ssh-connection method (\S+)/g)].map((match) => match[1]!);

describe('a login at a real server', () => {
  test('with a key file needs no round trip to ask which methods there are', async () => {
    const ended = await login(hopTo({ identities: required(good.path) }));
    expect(ended).toMatchObject({ in: true, hostKey: null, levels: [] });
    expect(methods(ended.log)).toEqual(['publickey', 'publickey']);
  });

  test('with an RSA key from a file and from the agent signs with SHA-2', async () => {
    for (const hop of [
      hopTo({ identities: required(rsa.path) }),
      hopTo({ agent: agent.socket, identities: required(rsa.path), identitiesOnly: true }),
    ]) {
      const ended = await login(hop);
      expect(ended.in).toBe(true);
      expect(methods(ended.log)).toEqual(['publickey', 'publickey']);
      expect(ended.log).toMatch(/pkalg rsa-sha2-(256|512)/);
      expect(ended.log).not.toMatch(/pkalg ssh-rsa\b/);
    }
  });

  test('goes through the agent’s keys and then the files', async () => {
    const ended = await login(hopTo({ agent: agent.socket, identities: required(bad2.path) }));
    expect(ended).toMatchObject({ in: true, levels: [] });
    expect((await login(hopTo({ identities: required(bad.path, bad2.path, good.path) }))).in).toBe(true);
  });

  test('that is refused tells every key that was tried, each once, and which was not', async () => {
    const missing = join(dir, 'missing');
    const copy = join(dir, 'copy');
    copyFileSync(bad.path, copy);
    const alone = await startAgent();
    await alone.add(bad.path);
    const ended = await login(hopTo({ agent: alone.socket, identities: required(missing, bad2.path, copy, bad.path) }));
    await alone.stop();
    expect(ended).toMatchObject({ in: false, levels: ['client-authentication'] });
    const tried = `agent key ${bad.fingerprint} (test bad), ${bad2.path}; not tried: ${missing} (missing)`;
    const ssh = `-p ${sshd.port} ${sshd.user}@h`;
    expect(ended.refused).toEqual({ code: 'login-refused', facts: { host: '127.0.0.1', user: sshd.user, ssh, tried, expired: '' } });
    expect(methods(ended.log)).toEqual(['publickey', 'publickey']);
  });

  test('goes on with the next key when the agent has lost one', async () => {
    const holder = await startAgent();
    await holder.add(rsa.path);
    const credentials = await loadCredentials(hopTo({ agent: holder.socket, identities: byDefault(good.path) }));
    await holder.stop();
    const ended = await login(hopTo(), { loaded: credentials });
    expect(ended).toMatchObject({ in: true, levels: [] });
    expect(credentials.methods.map(({ trouble }) => trouble())).toEqual(['agent-gone', null]);
  });

  test('goes on with the next key when the agent’s signature is nonsense', async () => {
    const ecdsa = await makeKey(dir, { name: 'ecdsa', type: 'ecdsa' });
    sshd.authorize(ecdsa.publicLine);
    const holder = await startAgent();
    await holder.add(ecdsa.path);
    // Passes everything on, but answers each request for a signature with a short one of its own.
    const socket = join(dir, 'liar.sock');
    const liar = createServer((client) => {
      client.on('error', () => {});
      client.on('data', (request: Buffer) => {
        if (request[4] === 13) return client.write(Buffer.from('\0\0\0\x0e\x0e\0\0\0\x09\0\0\0\x01a\0\0\0\0', 'latin1'));
        const upstream = createConnection(holder.socket, () => upstream.write(request));
        upstream.on('error', () => {}).on('data', (answer: Buffer) => client.write(answer) && upstream.end());
        return undefined;
      });
    });
    await new Promise<void>((resolve) => liar.listen(socket, resolve));
    const hop = hopTo({ agent: socket, identities: byDefault(good.path) });
    const credentials = await loadCredentials(hop);
    const ended = await login(hop, { loaded: credentials });
    liar.close();
    await holder.stop();
    expect(ended).toMatchObject({ in: true, levels: [] });
    expect(credentials.methods.map(({ trouble }) => trouble())).toEqual(['bad-signature', null]);
  });

  test('shows the host key whose type is on file, whichever that is', async () => {
    for (const line of sshd.knownHostsLine().trim().split('\n')) {
      const file = join(dir, 'one');
      writeFileSync(file, `${line}\n`);
      const knownHosts = { alias: null, userFiles: [file], systemFiles: [], pins: [] };
      expect(await login(hopTo({ identities: required(good.path), knownHosts }))).toMatchObject({ in: true, hostKey: null });
    }
  });

  test('is not tried where the host key is not trusted', async () => {
    const known = (pins: string[], userFiles: string[] = []) => ({ alias: null, userFiles, systemFiles: [], pins });
    const changed = join(dir, 'changed');
    writeFileSync(changed, `[127.0.0.1]:${sshd.port} ${bad.publicLine}\n`);
    for (const [knownHosts, code] of [
      [known([]), 'host-key-unknown'],
      [known([], [changed]), 'host-key-changed'],
      [known(['SHA256:other']), 'host-key-not-pinned'],
    ] as const) {
      const ended = await login(hopTo({ identities: required(good.path), knownHosts }));
      expect(ended).toMatchObject({ in: false, hostKey: { code } });
      expect(methods(ended.log)).toEqual([]);
    }
    expect(await login(hopTo({ identities: required(good.path), knownHosts: known([sshd.hostKey.fingerprint]) }))).toMatchObject({
      in: true,
    });
  });
});

test('a server that wants more than a key is told as such', async () => {
  const strict = await startSshd({ config: ['AuthenticationMethods publickey,password', 'PasswordAuthentication yes', 'LogLevel DEBUG1'] });
  strict.authorize(good.publicLine);
  const hop = hopTo({
    port: strict.port,
    identities: required(good.path),
    knownHosts: { alias: null, userFiles: [], systemFiles: [], pins: [strict.hostKey.fingerprint] },
  });
  const { refused } = await login(hop, { server: strict });
  await strict.stop();
  expect(refused).toMatchObject({
    facts: { tried: `${good.path}; a key was accepted and more is asked for: password; nobody was there to be asked for: password` },
  });
});

test('a frozen agent costs its deadline and no more', async () => {
  const socket = join(dir, 'frozen.sock');
  const process = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise((resolve) => process.stdout.once('data', resolve));
  process.kill('SIGSTOP');
  const { methods: found } = await loadCredentials(hopTo({ agent: socket, identities: required(good.path) }), {
    agent: { listMs: 50, signMs: 50 },
  });
  process.kill('SIGKILL');
  expect(found.map(({ label }) => label)).toEqual([good.path]);
});
