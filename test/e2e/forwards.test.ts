import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Target, startTarget } from '../support/echo-server.ts';
import { freePort, isFree } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { isRoot, run } from '../support/run.ts';
import type { Sshd } from '../support/sshd.ts';
import { portOf, statusOf } from '../support/status.ts';

/** Every kind of forward, with the installed command, through two real hops. */
describe.runIf(isRoot)('a forward through two hops', () => {
  const parts = {} as { lab: Lab; echo: Target };
  beforeAll(async () => {
    const [lab, echo] = await Promise.all([makeLab(), startTarget()]);
    Object.assign(parts, { lab, echo });
  });
  afterAll(async () => {
    await parts.lab?.dispose();
    await parts.echo?.stop();
  });

  /** Brings up one tunnel of these forwards. */
  async function up(name: string, forwards: readonly string[]) {
    parts.lab.profile(name, forwards);
    const ran = await parts.lab.cli.run(['up', name]);
    expect(ran.code, ran.stderr).toBe(0);
    return { ...ran, tunnel: await statusOf(parts.lab.cli, name) };
  }
  const inHome = (name: string): string => join(parts.lab.user.home, name);
  const hopName = ({ host, port }: Sshd): string => `"${host}:${port}"`;

  describe('over IPv6', () => {
    test('listens here and reaches its target there', async () => {
      const target = await startTarget({ host: '::1' });
      const port = await freePort();
      const { stdout } = await up('v6', [`{ local: "[::1]:${port}", to: "${target.to}" }`]);
      expect(stdout).toContain(`[::1]:${port} → ${target.to}`);
      expect(await said(`::1 ${port}`)).toBe('ping\n');
      await target.stop();
    });
    test('listens on a hop, there alone, and reaches its target here', async () => {
      const target = await startTarget({ host: '::1' });
      const port = await freePort();
      await up('v6-remote', [`{ remote: "[::1]:${port}", to: "${target.to}" }`]);
      expect(await said(`::1 ${port}`)).toBe('ping\n');
      expect(await said(`127.0.0.1 ${port}`)).toBe('');
      await target.stop();
    });
  });

  describe('over Unix sockets', () => {
    /** A target in the user's home, which only he reaches. */
    async function socketTarget(name: string): Promise<Target> {
      const target = await startTarget({ path: inHome(name) });
      chmodSync(inHome(name), 0o777);
      return target;
    }
    test('leads from a socket here to a socket there', async () => {
      const target = await socketTarget('there.sock');
      await up('sockets', [`{ name: s, local: ${inHome('here.sock')}, to: ${inHome('there.sock')} }`]);
      expect(await said(`-U ${inHome('here.sock')}`)).toBe('ping\n');
      expect((await run('stat', ['-c', '%a', inHome('here.sock')])).stdout.trim()).toBe('600');
      expect((await parts.lab.cli.run(['down', 'sockets'])).code).toBe(0);
      expect((await run('test', ['-e', inHome('here.sock')])).code).toBe(1);
      await target.stop();
    });
    test('leads from a socket on a hop to a socket here', async () => {
      const target = await socketTarget('mine.sock');
      await up('sockets-remote', [`{ name: s, remote: ${inHome('theirs.sock')}, to: ${inHome('mine.sock')} }`]);
      expect(await said(`-U ${inHome('theirs.sock')}`)).toBe('ping\n');
      await target.stop();
    });
    test('leads from a port to a socket there, and from a socket here to a port', async () => {
      const target = await socketTarget('db.sock');
      const port = await freePort();
      await up('mixed', [`{ local: ${port}, to: ${inHome('db.sock')} }`, `{ local: ${inHome('in.sock')}, to: "${parts.echo.to}" }`]);
      expect(await said(`127.0.0.1 ${port}`)).toBe('ping\n');
      expect(await said(`-U ${inHome('in.sock')}`)).toBe('ping\n');
      await target.stop();
    });
  });

  describe('on a hop', () => {
    test('listens on the first while its target is reached from the second, and the other way round', async () => {
      const { bastion, far } = parts.lab;
      const [first, second] = [await freePort(), await freePort()];
      const [one, other] = [await startTarget(), await startTarget()];
      const from = { bastion: bastion.log().length, far: far.log().length };
      await up('between', [
        `{ name: a, remote: ${first}, on: ${hopName(bastion)}, to: "${one.to}", from: ${hopName(far)} }`,
        `{ name: b, remote: ${second}, on: ${hopName(far)}, to: "${other.to}", from: ${hopName(bastion)} }`,
      ]);
      expect([await said(`127.0.0.1 ${first}`), await said(`127.0.0.1 ${second}`)]).toEqual(['ping\n', 'ping\n']);
      // sshd says which of the two connected to which target.
      const connected = { far: targetsIn(far.log().slice(from.far)), bastion: targetsIn(bastion.log().slice(from.bastion)) };
      expect(connected.far).toContain(one.port);
      expect(connected.far).not.toContain(other.port);
      expect(connected.bastion).toContain(other.port);
      expect(connected.bastion).not.toContain(one.port);
      await Promise.all([one.stop(), other.stop()]);
    });
    test('on any free port tells which it is', async () => {
      const { tunnel, stdout } = await up('any', [
        `{ name: l, local: 0, to: "${parts.echo.to}" }`,
        `{ name: r, remote: 0, to: "${parts.echo.to}" }`,
      ]);
      for (const name of ['l', 'r']) {
        expect(portOf(tunnel, name)).toBeGreaterThan(0);
        expect(stdout).toContain(`127.0.0.1:${portOf(tunnel, name)} ${name === 'l' ? '→' : 'on'} `);
        expect(await said(`127.0.0.1 ${portOf(tunnel, name)}`)).toBe('ping\n');
      }
      await parts.lab.cli.run(['down', 'any']);
      expect([await isFree(portOf(tunnel, 'l')), await isFree(portOf(tunnel, 'r'))]).toEqual([true, true]);
    });
  });

  describe('as a SOCKS proxy', () => {
    test.each(['socks4', 'socks4a', 'socks5', 'socks5h'])('speaks %s, here and on a hop', async (protocol) => {
      const web = await startTarget({ behaviour: 'web' });
      const { tunnel } = await up('socks', ['{ name: here, dynamic: 0 }', '{ name: there, remoteDynamic: 0 }']);
      for (const name of ['here', 'there']) {
        const proxy = `${protocol}://127.0.0.1:${portOf(tunnel, name)}`;
        const got = await run('curl', ['-sS', '--max-time', '20', '-x', proxy, `http://localhost:${web.port}/`]);
        expect(got.stdout, got.stderr).toBe('hello\n');
      }
      await web.stop();
    });
    test('a refused target is a refusal in SOCKS, and IPv6 goes through as well', async () => {
      const web = await startTarget({ behaviour: 'web', host: '::1' });
      const tunnel = await statusOf(parts.lab.cli, 'socks');
      const through = (url: string) => run('curl', ['-sS', '--max-time', '20', '-x', `socks5h://127.0.0.1:${portOf(tunnel, 'here')}`, url]);
      expect((await through(`http://[::1]:${web.port}/`)).stdout).toBe('hello\n');
      // curl(1): 97 is an error of the proxy's handshake.
      expect((await through(`http://127.0.0.1:${await freePort()}/`)).code).toBe(97);
      await web.stop();
    });
  });

  test('shares its hops with every tunnel that takes the same way', async () => {
    const { lab } = parts;
    await lab.cli.run(['down', '--all']);
    await up('one', [`{ local: 0, to: "${parts.echo.to}" }`]);
    const alone = [lab.bastion.sessions(), lab.far.sessions()];
    expect(alone.map((pids) => pids.length)).toEqual([1, 1]);
    await up('two', [`{ local: 0, to: "${parts.echo.to}" }`]);
    await up('three', [`{ remote: 0, to: "${parts.echo.to}" }`]);
    expect([lab.bastion.sessions(), lab.far.sessions()]).toEqual(alone);
    await lab.cli.run(['down', 'one']);
    const left = await statusOf(lab.cli, 'two');
    expect(left.state).toBe('up');
    expect(await said(`127.0.0.1 ${portOf(left, 'local-0')}`)).toBe('ping\n');
    await lab.cli.run(['down', '--all']);
    expect([lab.bastion.sessions(), lab.far.sessions()]).toEqual([[], []]);
  });
});

/** What an echo server behind nc's address says to `ping`. */
const said = async (where: string): Promise<string> => (await run('sh', ['-c', `echo ping | nc -w 20 -N ${where}`])).stdout;

const targetsIn = (log: string): number[] =>
  [...log.matchAll(/server_request_direct_tcpip: originator .* target \S+ port (\d+)/g)].map(([, port]) => Number(port));
