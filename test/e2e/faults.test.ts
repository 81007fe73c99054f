import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TunnelSnapshot } from '../../src/model/snapshot.ts';
import { background } from '../support/child.ts';
import { refusingAddress, startTarget } from '../support/echo-server.ts';
import { freePort } from '../support/free-port.ts';
import { makeKey } from '../support/keys.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { isRoot, run } from '../support/run.ts';
import { untilTunnel } from '../support/status.ts';

type Up = { readonly tunnels: readonly TunnelSnapshot[] };

/** What a user sees when something is wrong, each with the installed command against real servers. */
describe.runIf(isRoot)('`tunnels up` when something is wrong', () => {
  const parts = {} as { lab: Lab };
  beforeAll(async () => {
    parts.lab = await makeLab();
  });
  afterAll(() => parts.lab.dispose());

  const cli = () => parts.lab.cli;
  /** Writes a profile of one hop and tries to bring it up for a short while. */
  async function tryUp(name: string, hop: string, { env, more = '' }: { env?: Record<string, string>; more?: string } = {}) {
    parts.lab.home.profile(name, `hops:\n  - ${hop}\nforwards:\n  - { local: 0, to: "localhost:1" }\n${more}`);
    const ran = await cli().run(['up', name, '--wait', '2', '--json'], env ? { env } : {});
    const [tunnel] = ran.json<Up>().tunnels;
    if (tunnel === undefined) throw new Error(ran.stdout);
    return { code: ran.code, tunnel, said: ran.stderr };
  }
  const hopOf = (over: Record<string, string | number>): string => {
    const { bastion, key } = parts.lab;
    return JSON.stringify({ host: bastion.host, port: bastion.port, user: bastion.user, identity: key.path, ...over });
  };

  describe('with the way to a hop', () => {
    test('a name that does not resolve is named, and it goes on trying', async () => {
      const { code, tunnel } = await tryUp('dns', hopOf({ host: 'no-such-host.invalid' }));
      expect(code).toBe(3);
      expect(tunnel).toMatchObject({ wanted: 'up', state: 'connecting', because: { code: 'dns-failed' } });
      expect(tunnel.because?.text).toContain('no-such-host.invalid');
    });
    test('a refused connection goes on being tried', async () => {
      const { port } = await refusingAddress();
      const { code, tunnel } = await tryUp('refused', hopOf({ port }));
      expect(code).toBe(3);
      expect(tunnel).toMatchObject({ state: 'connecting', because: { code: 'connect-refused' } });
      await cli().run(['down', 'refused']);
    });
    test('a server that is no SSH server is said to be none', async () => {
      const web = await startTarget({ behaviour: 'greet-then-close' });
      const { code, tunnel } = await tryUp('not-ssh', hopOf({ port: web.port }));
      expect(code).toBe(3);
      expect(tunnel.because?.code).toMatch(/^(not-ssh|closed-before-greeting)$/);
      await cli().run(['down', 'not-ssh']);
      await web.stop();
    });
    test('a server that accepts and never answers is given up by its own deadline, not by the user', async () => {
      const silent = await startTarget({ behaviour: 'silent' });
      parts.lab.home.write('.ssh/config', 'ConnectTimeout 1\n');
      const { code, tunnel } = await tryUp('silent', hopOf({ port: silent.port }));
      expect(code).toBe(3);
      expect(tunnel.because?.code).toBe('handshake-timeout');
      parts.lab.home.write('.ssh/config', '');
      await cli().run(['down', 'silent']);
      await silent.stop();
    });
    test('a hop that the one before cannot reach is told with the name of both', async () => {
      const { bastion, key, home } = parts.lab;
      const { port } = await refusingAddress();
      home.profile(
        'second',
        `hops:\n  - ${hopOf({})}\n  - { host: 127.0.0.1, port: ${port}, user: ${bastion.user}, identity: ${key.path} }\nforwards:\n  - { local: 0, to: "localhost:1" }\n`,
      );
      const ran = await cli().run(['up', 'second', '--wait', '2', '--json']);
      expect(ran.code).toBe(3);
      const [tunnel] = ran.json<Up>().tunnels;
      expect(tunnel?.because).toMatchObject({ code: 'hop-unreachable' });
      expect(tunnel?.because?.text).toContain(String(port));
      await cli().run(['down', 'second']);
    });
  });

  describe('with the login', () => {
    const blocked = async (name: string, over: Record<string, string>, code: string) => {
      const tried = await tryUp(name, hopOf(over));
      expect(tried.code).toBe(4);
      expect(tried.tunnel).toMatchObject({ state: 'blocked', retryAt: null, because: { code } });
      return tried;
    };
    test('a missing key file is named', async () => {
      const { tunnel } = await blocked('no-key', { identity: '~/.ssh/nothing' }, 'key-unusable');
      expect(tunnel.because?.text).toContain('.ssh/nothing');
    });
    test('a key file that others may read is not used', async () => {
      const { path } = await makeKey(join(parts.lab.home.home, '.ssh'), { name: 'open' });
      await run('chown', [String(parts.lab.user.uid), path, `${path}.pub`]);
      chmodSync(path, 0o644);
      const { tunnel } = await blocked('open-key', { identity: path }, 'key-unusable');
      expect(tunnel.because?.next).toContain('chmod 600');
    });
    test('a file that is no key is said to be none', async () => {
      const path = parts.lab.home.write('.ssh/text', 'not a key\n', 0o600);
      await blocked('text-key', { identity: path }, 'key-unusable');
    });
    test('an encrypted key without an agent waits for its passphrase, and the command to give it is named', async () => {
      const key = await makeKey(join(parts.lab.home.home, '.ssh'), { passphrase: 'secret words', name: 'locked' });
      await run('chown', [String(parts.lab.user.uid), key.path, `${key.path}.pub`]);
      parts.lab.bastion.authorize(key.publicLine);
      const { tunnel, said } = await blocked('locked-key', { identity: key.path }, 'prompt-waiting');
      expect(tunnel.because?.text).toContain(key.path);
      expect(tunnel.because?.next).toMatch(/tunnels answer \d+/);
      expect(said).not.toContain('secret words');
    });
    test('an agent that is not there is no obstacle where a key file will do', async () => {
      const { code } = await tryUp('dead-agent', hopOf({}), { env: { SSH_AUTH_SOCK: '/nowhere/agent' } });
      expect(code).toBe(0);
    });
    test('a refused login is not tried again by itself', async () => {
      const stranger = await makeKey(join(parts.lab.home.home, '.ssh'), { name: 'stranger' });
      await run('chown', [String(parts.lab.user.uid), stranger.path, `${stranger.path}.pub`]);
      const from = parts.lab.bastion.log().length;
      const { tunnel } = await blocked('stranger', { identity: stranger.path }, 'login-refused');
      expect(tunnel.because?.text).toContain('stranger');
      await parts.lab.bastion.waitForLog(/Disconnected from authenticating user/, { from });
      // Another tunnel comes and goes meanwhile; the refused key is not shown again.
      expect((await tryUp('welcome', hopOf({}))).code).toBe(0);
      expect(parts.lab.bastion.log().slice(from).split(`Failed publickey for ${parts.lab.user.name}`)).toHaveLength(2);
      await cli().run(['down', 'welcome']);
    });
    test('an unknown host key waits for a word on its fingerprint before any login', async () => {
      const known = parts.lab.home.write('.ssh/none', '');
      parts.lab.home.write('.ssh/config', `UserKnownHostsFile ${known}\nGlobalKnownHostsFile /dev/null\n`);
      const from = parts.lab.bastion.log().length;
      const { tunnel } = await blocked('unknown', {}, 'prompt-waiting');
      expect(tunnel.because?.text).toContain('SHA256:');
      expect(parts.lab.bastion.log().slice(from)).not.toMatch(/publickey/);
      parts.lab.home.write('.ssh/config', '');
    });
    test('a changed host key stops before any login, with file and line', async () => {
      const { bastion, far, home } = parts.lab;
      const wrong = far.hostKey.publicLine.split(' ').slice(0, 2).join(' ');
      const file = home.write('.ssh/changed', `# a comment\n[${bastion.host}]:${bastion.port} ${wrong}\n`);
      home.write('.ssh/config', `UserKnownHostsFile ${file}\nGlobalKnownHostsFile /dev/null\n`);
      const from = bastion.log().length;
      const { tunnel } = await blocked('changed', {}, 'host-key-changed');
      expect(tunnel.because?.text).toContain(`${file}:2`);
      expect(bastion.log().slice(from)).not.toMatch(/publickey/);
      home.write('.ssh/config', '');
    });
  });

  describe('with a binding', () => {
    test('a local port in use names the pid and command that hold it, at once', async () => {
      const port = await freePort();
      const holder = background('setpriv', [
        '--reuid',
        String(parts.lab.user.uid),
        '--regid',
        String(parts.lab.user.gid),
        '--clear-groups',
        'nc',
        '-l',
        '-k',
        '127.0.0.1',
        String(port),
      ]);
      const taken = async () => (await run('sh', ['-c', `ss -ltnH sport = :${port}`])).stdout !== '';
      while (!(await taken()));
      parts.lab.profile('taken', [`{ local: ${port}, to: "localhost:1" }`], { hops: parts.lab.oneHop });
      const ran = await cli().run(['up', 'taken', '--wait', '60', '--json']);
      expect(ran.code).toBe(5);
      const because = ran.json<Up>().tunnels[0]?.forwards[0]?.because;
      expect(because).toMatchObject({ code: 'binding-held' });
      expect(because?.text).toContain(String(holder.pid));
      expect(because?.text).toContain('nc');
      await holder.stop();
      await untilTunnel(cli(), 'taken', ({ state }) => state === 'up');
    });
    test('a server that forbids forwarding is believed, in its own words', async () => {
      const { bastion, key, home } = parts.lab;
      const strict = await makeKey(join(home.home, '.ssh'), { name: 'strict' });
      await run('chown', [String(parts.lab.user.uid), strict.path, `${strict.path}.pub`]);
      bastion.authorize(strict.publicLine, { options: 'restrict' });
      home.profile(
        'strict',
        `hops:\n  - ${hopOf({ identity: strict.path })}\nforwards:\n  - { remote: ${await freePort()}, to: "localhost:1" }\n`,
      );
      const ran = await cli().run(['up', 'strict', '--json']);
      expect(ran.code).toBe(5);
      expect(ran.json<Up>().tunnels[0]).toMatchObject({ state: 'blocked', because: { code: 'bind-not-allowed' } });
      expect(ran.json<Up>().tunnels[0]?.because?.text).toContain('Server has disabled port forwarding.');
      expect(key.path).not.toBe(strict.path);
    });
    test('a target that refuses is a refused connection and a counted event, not a dead tunnel', async () => {
      const { to } = await refusingAddress();
      const port = await freePort();
      parts.lab.profile('target', [`{ name: t, local: ${port}, to: "${to}" }`]);
      expect((await cli().run(['up', 'target'])).code).toBe(0);
      const used = await run('nc', ['-w', '5', '127.0.0.1', String(port)], { input: 'hello' });
      expect(used.stdout).toBe('');
      const tunnel = await untilTunnel(cli(), 'target', ({ forwards }) => forwards[0]?.connections.failed === 1);
      expect(tunnel).toMatchObject({ state: 'up', forwards: [{ state: 'listening', lastFailure: { code: 'target-refused' } }] });
      expect((await cli().run(['logs', 'target'])).stdout).toContain(to);
    });
  });

  describe('with the surroundings', () => {
    test('a torn state file is kept aside and told, and the supervisor starts without it', async () => {
      await cli().run(['supervisor', 'stop']);
      const wanted = join(parts.lab.home.tunnelsHome, 'wanted.json');
      writeFileSync(wanted, '{"schemaVersion":1,"val');
      expect((await cli().run(['supervisor', 'start'])).code).toBe(0);
      const logs = await cli().run(['logs']);
      expect(logs.stdout).toContain('wanted.aside');
      expect((await cli().run(['up', 'target'])).code).toBe(0);
    });
    test('a socket path that is too long is told before anything is started', async () => {
      const home = join(parts.lab.home.home, 'long'.repeat(30));
      const ran = await cli().run(['up', 'target'], { env: { TUNNELS_HOME: home } });
      expect(ran.code).not.toBe(0);
      const start = await cli().run(['supervisor', 'start'], { env: { TUNNELS_HOME: home } });
      expect(start.code).toBe(6);
      expect(start.stderr).toContain('TUNNELS_HOME');
    });
  });
});
