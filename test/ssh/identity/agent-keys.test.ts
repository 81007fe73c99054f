import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HopOptions } from '../../../src/ssh/hop-options.ts';
import { loadCredentials } from '../../../src/ssh/identity/logins/credentials.ts';
import { type Agent, type Key, makeKey, startAgent } from '../../support/keys.ts';
import { must } from '../../support/run.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop, byDefault, required } from './hop.ts';
import { hopAt, logIn, sshGetsIn, triedOf } from './real-login.ts';

const dir = tempDir();
let sshd: Sshd;
let agent: Agent;
let keys: Key[];
beforeAll(async () => {
  sshd = await startSshd({ config: ['MaxAuthTries 3'] });
  keys = await Promise.all(Array.from({ length: 10 }, (_, at) => makeKey(dir, { name: `k${at}` })));
  agent = await startAgent();
  for (const { path } of keys) await agent.add(path);
  sshd.authorize(keys[9]!.publicLine);
});
afterAll(async () => {
  await agent.stop();
  await sshd.stop();
});

const withLogin = (login: Partial<HopOptions['login']>) => ({ login: { ...aHop().login, ...login } });

describe('an agent with more keys than the server lets try (MaxAuthTries 3)', () => {
  test('logs in with the key that is named by its public half, with and without IdentitiesOnly', async () => {
    for (const identitiesOnly of [false, true]) {
      const hop = hopAt(sshd, { agent: agent.socket, identities: required(`${keys[9]!.path}.pub`), identitiesOnly });
      expect(await logIn(sshd, hop)).toEqual({ refused: null, algorithms: ['ssh-ed25519'] });
    }
    expect(await sshGetsIn(sshd, [`IdentityFile=${keys[9]!.path}.pub`], { agent: agent.socket })).toBe(true);
  });

  test('logs in with the named file that the agent does not hold', async () => {
    const apart = await makeKey(dir, { name: 'apart' });
    sshd.authorize(apart.publicLine);
    const hop = hopAt(sshd, { agent: agent.socket, identities: required(apart.path) });
    expect(await logIn(sshd, hop)).toEqual({ refused: null, algorithms: ['ssh-ed25519'] });
  });

  test('is turned away where no key is named, as with ssh, and the tried keys are told', async () => {
    const { refused } = await logIn(sshd, hopAt(sshd, { agent: agent.socket, identities: byDefault(keys[9]!.path) }));
    expect(refused).toBeNull();
    const lost = await logIn(sshd, hopAt(sshd, { agent: agent.socket }));
    expect(lost.algorithms).toHaveLength(3);
    expect(lost.refused).toMatchObject({ code: 'login-refused' });
    expect(await sshGetsIn(sshd, [], { agent: agent.socket })).toBe(false);
  });
});

describe('what ssh_config allows', () => {
  test('is kept to: PubkeyAcceptedAlgorithms and RequiredRSASize, for files and for the agent', async () => {
    const short = join(dir, 'short');
    await must('ssh-keygen', ['-q', '-t', 'rsa', '-b', '1024', '-N', '', '-f', short]);
    const rsa = await makeKey(dir, { type: 'rsa', name: 'long' });
    const holder = await startAgent();
    for (const path of [short, rsa.path, keys[0]!.path]) await holder.add(path);
    const labels = async (login: Partial<HopOptions['login']>) => {
      const over = { agent: holder.socket, identities: required(short, rsa.path, keys[1]!.path), ...withLogin(login) };
      const { methods, skipped } = await loadCredentials(aHop(over));
      const nameOf = (fingerprint: string) =>
        [rsa, ...keys]
          .find((key) => key.fingerprint === fingerprint)
          ?.path.split('/')
          .at(-1) ?? 'short';
      return [methods.map((one) => nameOf(one.fingerprint)), skipped.map((p) => p.code === 'key-unusable' && [p.facts.path, p.facts.why])];
    };
    expect(await labels({ leastRsaBits: 2048 })).toEqual([['long', 'k1', 'k0'], [[short, 'too-short']]]);
    expect(await labels({ keyAlgorithms: ['rsa-sha2-256'] })).toEqual([['short', 'long'], [[keys[1]!.path, 'not-accepted']]]);
    expect(await labels({ keyAlgorithms: ['ssh-ed25519'] })).toEqual([
      ['k1', 'k0'],
      [
        [short, 'not-accepted'],
        [rsa.path, 'not-accepted'],
      ],
    ]);
    await holder.stop();
  });
});

test('a key that the agent gives to certain servers alone (ssh-add -h) logs in at those, and at no other', async () => {
  const key = await makeKey(dir, { name: 'constrained' });
  const other = await startSshd();
  for (const server of [sshd, other]) server.authorize(key.publicLine);
  const known = join(dir, 'known_hosts');
  writeFileSync(known, `${sshd.knownHostsLine()}${other.knownHostsLine()}`);
  const holder = await startAgent();
  const env = { ...process.env, SSH_AUTH_SOCK: holder.socket };
  await must('ssh-add', ['-q', '-H', known, '-h', `[127.0.0.1]:${sshd.port}`, key.path], { env });
  expect((await logIn(sshd, hopAt(sshd, { agent: holder.socket }))).refused).toBeNull();
  const { refused } = await logIn(other, hopAt(other, { agent: holder.socket }));
  expect(refused).toMatchObject({ code: 'login-refused' });
  await Promise.all([holder.stop(), other.stop()]);
});

describe('an agent that ends and comes back', () => {
  test('is told by its path while the files go on, and is used again at the next login', async () => {
    const first = await startAgent();
    const hop = hopAt(sshd, { agent: first.socket, identities: required(`${keys[9]!.path}.pub`) });
    const agentMissing = { code: 'agent-unusable', facts: { host: '127.0.0.1', socket: first.socket, why: 'missing' } };
    await first.stop();
    // One that is ended before it is ready leaves its socket.
    rmSync(first.socket, { force: true });
    const refused = await logIn(sshd, { ...hop, identities: required(keys[0]!.path) });
    expect(triedOf(refused)).toBe(`${keys[0]!.path}; not tried: agent ${first.socket} (missing)`);
    expect((await logIn(sshd, { ...hop, identities: required(keys[9]!.path) })).refused).toBeNull();
    expect((await logIn(sshd, hop)).refused).toEqual(agentMissing);
    const again = await startAgent({ socket: first.socket });
    await again.add(keys[9]!.path);
    expect((await logIn(sshd, hop)).refused).toBeNull();
    await again.stop('SIGKILL');
    expect((await logIn(sshd, hop)).refused).toEqual({ ...agentMissing, facts: { ...agentMissing.facts, why: 'dead' } });
  });
});
