import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { background } from './child.ts';
import { isFree } from './free-port.ts';
import { makeKey, startAgent } from './keys.ts';
import { isAlive } from './proc.ts';
import { isRoot, run } from './run.ts';
import { type Sshd, type SshdOptions, startSshd } from './sshd.ts';
import { tempHome } from './temp-home.ts';
import { until } from './until.ts';
import { makeUser } from './users.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function serverWithClient(options: SshdOptions = {}) {
  const server = await startSshd(options);
  ends.push(() => server.stop());
  const home = tempHome();
  const key = await makeKey(join(home.home, '.ssh'));
  server.authorize(key.publicLine);
  home.write('.ssh/known_hosts', server.knownHostsLine());
  return { server, home, key, args: sshArgs(server, { home: home.home, key: key.path }) };
}

function sshArgs(server: Sshd, { home, key }: { home: string; key: string }): string[] {
  const known = ['-o', `UserKnownHostsFile=${join(home, '.ssh/known_hosts')}`, '-o', 'GlobalKnownHostsFile=none'];
  return ['-F', 'none', '-o', 'BatchMode=yes', ...known, '-i', key, '-p', String(server.port), '-l', server.user, server.host];
}

describe('the real sshd of the tests', () => {
  test('lets an authorized key in and logs it', async () => {
    const { server, key, args } = await serverWithClient();
    expect(await run('ssh', [...args, 'echo', 'in'])).toMatchObject({ code: 0, stdout: 'in\n' });
    await server.waitForLog(new RegExp(`Accepted publickey for ${server.user} .*${key.fingerprint.replaceAll('+', '\\+')}`));
  });

  test('refuses a key that was not authorized', async () => {
    const { server, home } = await serverWithClient();
    const stranger = await makeKey(home.home, { name: 'stranger' });
    const ran = await run('ssh', [...sshArgs(server, { home: home.home, key: stranger.path }), 'true']);
    expect(ran.code).toBe(255);
    expect(server.log()).not.toContain('Accepted publickey');
  });

  test('shows its sessions, and kills one so that its client sees the connection close', async () => {
    const { server, args } = await serverWithClient();
    const client = background('ssh', [...args, 'echo ready; sleep 600']);
    await client.waitFor(/ready/);
    const [session] = server.sessions();
    server.killSession(session);
    expect((await client.exited).code).toBe(255);
    await until(() => !isAlive(session!), { what: 'the session to be gone' });
    expect(server.sessions()).toEqual([]);
  });

  test('comes back on the same port with new host keys after a restart, and frees the port at the end', async () => {
    const { server, args } = await serverWithClient();
    const before = server.hostKey.fingerprint;
    await server.restart({ newHostKeys: true });
    expect(server.hostKey.fingerprint).not.toBe(before);
    expect((await run('ssh', [...args, 'true'])).stderr).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
    await server.stop();
    expect(await isFree(server.port)).toBe(true);
  });

  test('takes further configuration, its Match blocks too, and options of keys', async () => {
    const { server, home } = await serverWithClient({ config: ['Match User nobody', 'MaxSessions 0', 'Match all', 'Banner none'] });
    const forced = await makeKey(home.home, { name: 'forced' });
    server.authorize(forced.publicLine, { options: 'command="echo forced"' });
    const ran = await run('ssh', [...sshArgs(server, { home: home.home, key: forced.path }), 'echo', 'free']);
    expect(ran.stdout).toBe('forced\n');
  });

  test('says why when it cannot start', async () => {
    await expect(startSshd({ config: ['NoSuchKeyword yes'] })).rejects.toThrow('NoSuchKeyword');
  });

  test('accepts and does not answer while frozen', async () => {
    const { server, args } = await serverWithClient();
    server.freeze();
    const ran = await run('ssh', ['-o', 'ConnectTimeout=1', ...args, 'true']);
    expect(ran.stderr).toContain('timed out');
    server.thaw();
    expect((await run('ssh', [...args, 'true'])).code).toBe(0);
  });

  test.runIf(isRoot)('serves a throw-away user in his own home', async () => {
    const user = await makeUser();
    ends.push(() => user.remove());
    const { args } = await serverWithClient({ user });
    expect((await run('ssh', [...args, 'id -un; pwd'])).stdout).toBe(`${user.name}\n${user.home}\n`);
  });

  test('an agent holds keys, encrypted ones too', async () => {
    const { server, home } = await serverWithClient();
    const agent = await startAgent();
    ends.push(() => agent.stop());
    const key = await makeKey(home.home, { name: 'locked', passphrase: 'open sesame' });
    await agent.add(key.path, { passphrase: 'open sesame' });
    expect(await agent.list()).toEqual([key.publicLine]);
    server.authorize(key.publicLine);
    const args = sshArgs(server, { home: home.home, key: '/nonexistent' });
    expect((await run('ssh', [...args, 'true'], { env: { ...process.env, SSH_AUTH_SOCK: agent.socket } })).code).toBe(0);
  });
});
