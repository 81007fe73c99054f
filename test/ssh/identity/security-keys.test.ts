import { copyFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Notice } from '../../../src/model/prompt.ts';
import { loadCredentials } from '../../../src/ssh/identity/logins/credentials.ts';
import { type Key, makeKey, startAgent } from '../../support/keys.ts';
import { type OpenSsh10, openssh10 } from '../../support/openssh10.ts';
import { must } from '../../support/run.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { byDefault, required } from './hop.ts';
import { certify, hopAt, logIn } from './real-login.ts';

const dir = tempDir();
let parts: OpenSsh10 | null;
let sshd: Sshd;
let ca: Key;
beforeAll(async () => {
  parts = await openssh10();
  ca = await makeKey(dir, { name: 'ca' });
  sshd = await startSshd({ config: [`TrustedUserCAKeys ${ca.path}.pub`] });
}, 120_000);
afterAll(() => sshd.stop());

const KINDS = [
  ['ed25519-sk', 'sk-ssh-ed25519'],
  ['ecdsa-sk', 'sk-ecdsa-sha2-nistp256'],
] as const;

async function securityKey(kind: string, name: string): Promise<{ path: string; publicLine: string }> {
  const { tools, env } = parts!;
  const path = join(dir, name);
  await must(tools.sshKeygen, ['-q', '-t', kind, '-w', tools.skProvider, '-N', '', '-f', path], { env: { ...process.env, ...env } });
  return { path, publicLine: readFileSync(`${path}.pub`, 'utf8').trim() };
}

/** An agent that holds the key, in software. */
async function agentWith(path: string) {
  const { tools, env } = parts!;
  const agent = await startAgent({ programs: tools, providers: `${tmpdir()}/*`, env });
  await agent.add(path, { provider: tools.skProvider });
  return agent;
}

describe('a key in a security key', () => {
  test.for(KINDS)(
    'of type %s logs in through the agent, and shows that it waits for a touch until it is done',
    async ([kind, type], { skip }) => {
      if (parts === null) return skip('OpenSSH 10 cannot be had here');
      const key = await securityKey(kind, `plain-${kind}`);
      sshd.authorize(key.publicLine);
      const agent = await agentWith(key.path);
      const shown: (Notice | 'done')[] = [];
      const person = { ask: async () => null, show: (notice: Notice) => (shown.push(notice), () => void shown.push('done')) };
      const found = await logIn(sshd, hopAt(sshd, { agent: agent.socket }), { person });
      await agent.stop();
      expect(found).toEqual({ refused: null, algorithms: [`${type}@openssh.com`] });
      expect(shown).toEqual([
        { is: 'touch', key: expect.stringMatching(/^SHA256:/), host: '127.0.0.1', port: sshd.port, user: sshd.user },
        'done',
      ]);
    },
  );

  test.for(KINDS)('of type %s logs in with its certificate', async ([kind, type], { skip }) => {
    if (parts === null) return skip('OpenSSH 10 cannot be had here');
    const key = await securityKey(kind, `certified-${kind}`);
    await certify(ca.path, key.path);
    const agent = await agentWith(key.path);
    const byAgent = await logIn(sshd, hopAt(sshd, { agent: agent.socket }));
    const byFile = await logIn(sshd, hopAt(sshd, { agent: agent.socket, identities: required(key.path), identitiesOnly: true }));
    await agent.stop();
    const expected = { refused: null, algorithms: [`${type}-cert-v01@openssh.com`] };
    expect([byAgent, byFile]).toEqual([expected, expected]);
  });

  test('is told where no agent holds it, and how to add it', async ({ skip }) => {
    if (parts === null) return skip('OpenSSH 10 cannot be had here');
    const { path } = await securityKey('ed25519-sk', 'alone');
    const bare = join(dir, 'bare');
    copyFileSync(path, bare);
    for (const file of [path, bare]) {
      const why = { code: 'key-unusable', facts: { host: '127.0.0.1', path: file, why: 'security-key' } };
      expect((await logIn(sshd, hopAt(sshd, { identities: required(file) }))).refused).toEqual(why);
      const { skipped } = await loadCredentials(hopAt(sshd, { identities: [...required(file), ...byDefault(ca.path)] }));
      expect(skipped).toEqual([why]);
    }
  });
});
