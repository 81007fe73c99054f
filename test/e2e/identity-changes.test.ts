import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BesideSsh } from '../support/beside-ssh.ts';
import { background } from '../support/child.ts';
import { makeKey, startAgent } from '../support/keys.ts';
import { isRoot } from '../support/run.ts';
import type { Sshd } from '../support/sshd.ts';
import { untilTunnel } from '../support/status.ts';
import { tempDir } from '../support/temp-home.ts';
import { until } from '../support/until.ts';

/** What changes while a tunnel is up, or beside it. */
describe.runIf(isRoot)('beside ssh', () => {
  const parts = {} as { place: BesideSsh; sshd: Sshd };
  beforeAll(async () => {
    const place = await BesideSsh.make();
    const sshd = await place.serve({ hostKeyTypes: ['ed25519', 'rsa', 'ecdsa'] });
    sshd.authorize((await place.key('id_ed25519')).publicLine);
    Object.assign(parts, { place, sshd });
  });
  afterAll(() => parts.place?.dispose());

  const up = (name: string, env: Record<string, string> = {}) =>
    parts.place.cli.run(['up', '-F', `${parts.place.home.home}/config`, '-L', `0:${parts.place.echo.to}`, '--name', name, 'row'], { env });
  /** A login that lasts, until the function that it gives is called. */
  const stay = { ssh: staySsh, tunnels: stayTunnels } as const;
  async function staySsh(): Promise<() => Promise<void>> {
    const { uid, gid, home } = parts.place.user;
    const account = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups'];
    const ssh = background('setpriv', [...account, 'ssh', '-F', join(home, 'config'), '-N', 'row'], {
      env: { PATH: process.env['PATH'], HOME: home },
    });
    return () => ssh.stop();
  }
  async function stayTunnels(): Promise<() => Promise<void>> {
    const ran = await up('stays');
    expect(ran.code, ran.stderr).toBe(0);
    return () => parts.place.forget('stays');
  }

  const LEARNING = [
    { title: 'UpdateHostKeys yes', update: 'yes', learns: true },
    { title: 'UpdateHostKeys no', update: 'no', learns: false },
    { title: 'UpdateHostKeys yes, but an old key belongs to another host too', update: 'yes', learns: false, isShared: true },
  ];
  test.for(LEARNING)('new keys of a server are learned and old ones forgotten: $title', async ({ update, learns, isShared = false }) => {
    const { place, sshd } = parts;
    const dir = tempDir();
    const [old, other] = await Promise.all(['old', 'other'].map((name) => makeKey(dir, { name })));
    const at = `[127.0.0.1]:${sshd.port}`;
    const others = `elsewhere ${(isShared ? old : other)!.publicLine}`;
    const before = [sshd.knownHostsLine().split('\n')[0], others, `${at} ${old!.publicLine}`, ''].join('\n');
    const after: string[] = [];
    for (const way of [stay.ssh, stay.tunnels]) {
      place.write({ server: sshd, config: [`UpdateHostKeys ${update}`], known: before });
      const from = sshd.log().length;
      const end = await way();
      await sshd.waitForLog(learns ? /hostkeys-prove/ : /Entering interactive session/, { from });
      if (learns) await until(() => place.known() !== before, { what: `${way.name} to write the keys` });
      await end();
      after.push(place.known());
    }
    expect(after[1]).toBe(after[0]);
    expect(after[0] !== before).toBe(learns);
    for (const { publicLine } of sshd.hostKeys.slice(1)) expect(after[0]!.includes(publicLine.split(' ')[1]!)).toBe(learns);
    expect(after[0]!.includes(`${at} ${old!.publicLine}`)).toBe(!learns);
  });

  test('a server that comes back with other keys is not logged in to again, by either', async () => {
    const { place } = parts;
    const server = await place.serve();
    server.authorize(readFileSync(join(place.home.home, '.ssh/id_ed25519.pub'), 'utf8').trim());
    place.write({ server, config: ['StrictHostKeyChecking accept-new'] });
    expect((await up('faithful')).code).toBe(0);
    const [from, old] = [server.log().length, server.hostKey.fingerprint];
    await server.restart({ newHostKeys: true });
    const { because } = await untilTunnel(place.cli, 'faithful', ({ state }) => state === 'blocked');
    expect(because).toMatchObject({ code: 'host-key-changed' });
    for (const said of [old, server.hostKey.fingerprint, `${place.home.home}/known:1`]) expect(because!.text).toContain(said);
    await place.forget('faithful');
    const { ssh, tunnels } = await place.visit({ server, known: place.known() });
    expect([ssh.reached, tunnels.reached]).toEqual([false, false]);
    expect(server.log().slice(from)).not.toMatch(/userauth-request|Accepted/);
  });

  test('a pin of the profile is the only key that counts', async () => {
    const { place, sshd } = parts;
    const profile = (pin: string): void => {
      const hop = `{ host: 127.0.0.1, port: ${sshd.port}, hostKey: "${pin}" }`;
      place.home.profile('pinned', `hops: [${hop}]\nforwards: [{ local: 0, to: "${place.echo.to}" }]\n`);
    };
    profile(sshd.hostKey.fingerprint);
    expect((await place.cli.run(['up', 'pinned'])).code).toBe(0);
    await place.forget('pinned');
    place.home.write('.ssh/known_hosts', sshd.knownHostsLine());
    profile((await makeKey(tempDir())).fingerprint);
    const from = sshd.log().length;
    const ran = await place.cli.run(['up', 'pinned', '--json']);
    expect(ran.code).toBe(4);
    expect(ran.stdout).toMatch(/"code": "host-key-(not-pinned|pin-disagrees)"/);
    expect(sshd.log().slice(from)).not.toContain('userauth-request');
    await place.forget('pinned');
  });

  test('an agent that does not answer keeps no key file from its login', async () => {
    const { place, sshd } = parts;
    const socket = join(place.home.home, 'hung');
    const hung = createServer(() => {}).listen(socket);
    place.own(socket);
    place.write({ server: sshd, config: [`IdentityAgent ${socket}`] });
    const ran = await up('hung');
    expect(ran.code, ran.stderr).toBe(0);
    await place.forget('hung');
    hung.close();
  });

  test('a tunnel whose agent ended comes back with the agent, without anybody’s help', async () => {
    const { place } = parts;
    const key = await makeKey(tempDir());
    const server = await place.serve();
    server.authorize(key.publicLine);
    const socket = join(place.home.home, 'agent');
    const serve = async () => {
      const agent = await startAgent({ as: place.user, socket });
      await agent.add(key.path);
      return agent;
    };
    place.write({ server, config: ['IdentityFile none', `IdentityAgent ${socket}`] });
    const first = await serve();
    expect((await up('healed')).code).toBe(0);
    await first.stop();
    server.killSession();
    await untilTunnel(place.cli, 'healed', ({ because }) => because?.code === 'agent-unusable');
    const second = await serve();
    await untilTunnel(place.cli, 'healed', ({ state }) => state === 'up');
    await place.forget('healed');
    await second.stop();
  });
});
