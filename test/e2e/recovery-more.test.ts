import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { as, down, isUp, listenerSeenBy, networkLab, QUICK, storyOf, type Up, untilUpAgain, up } from '../support/binding-place.ts';
import { background } from '../support/child.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { startTarget } from '../support/echo-server.ts';
import { freePort, isFree } from '../support/free-port.ts';
import type { Network } from '../support/namespaces.ts';
import { isRoot, must, run } from '../support/run.ts';
import { makeCli } from '../support/run-cli.ts';
import { statusOf, untilTunnel } from '../support/status.ts';
import { tempDir, tempHome } from '../support/temp-home.ts';
import { until } from '../support/until.ts';
import { makeUser } from '../support/users.ts';

const ends: (() => Promise<void> | void)[] = [];
const atEnd = (end: () => Promise<void> | void): void => void ends.push(end);
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

describe.runIf(isRoot)('a Unix socket on a hop', () => {
  type Place = { readonly lab: Lab; readonly path: string };

  /** The tunnel `t` listens on a socket of the server, for the server's own SSH port. */
  async function place(config: readonly string[] = [], path = `/tmp/tt${randomBytes(6).toString('hex')}.sock`): Promise<Place> {
    const lab = await makeLab({ bastion: { config } });
    atEnd(() => lab.dispose());
    atEnd(() => rmSync(path, { force: true }));
    lab.profile('t', [`{ name: hook, remote: ${path}, to: "${lab.bastion.host}:${lab.bastion.port}" }`], { hops: lab.oneHop });
    return { lab, path };
  }

  /** Inodes are used again. */
  const madeAt = (path: string): bigint => lstatSync(path, { bigint: true }).ctimeNs;
  const greets = async (path: string): Promise<string> => (await run('sh', ['-c', `nc -w 5 -U ${path} </dev/null | head -c 7`])).stdout;
  const refused = async (at: Place) => {
    const { code, said, tunnel } = await up(at.lab);
    expect(code, said).toBe(5);
    const verdict = (await storyOf(at.lab)).episodes.at(-1)?.verdict;
    return { because: tunnel.forwards[0]?.because ?? tunnel.because, verdict };
  };

  test.each([
    ['an account with a shell', []],
    ['an account with SFTP only', ['ForceCommand internal-sftp']],
  ])('of %s is removed by down, so that the next up finds nothing in its way', async (_, config) => {
    const at = await place(config);
    for (let time = 0; time < 2; time += 1) {
      expect((await up(at.lab)).code).toBe(0);
      expect(await greets(at.path)).toBe('SSH-2.0');
      expect(await down(at.lab)).toBe(0);
      expect(existsSync(at.path)).toBe(false);
    }
    expect((await storyOf(at.lab)).episodes).toEqual([]);
  });

  test('that a killed connection left behind is removed and bound again', async () => {
    const at = await place();
    expect((await up(at.lab)).code).toBe(0);
    const before = madeAt(at.path);
    at.lab.bastion.killSession();
    const tunnel = await untilUpAgain(at.lab);
    expect(madeAt(at.path)).not.toBe(before);
    expect(tunnel.forwards[0]?.lastRecovery?.verdict).toBe('ours-stale');
    expect(await greets(at.path)).toBe('SSH-2.0');
    expect((await storyOf(at.lab)).episodes.at(-1)?.outcome).toBe('bound');
  });

  test('that a dead supervisor left behind is removed and bound again by the next', async () => {
    const at = await place();
    expect((await up(at.lab)).code).toBe(0);
    for (const pid of at.lab.cli.processes()) process.kill(pid, 'SIGKILL');
    await until(() => at.lab.cli.processes().length === 0, { what: 'the supervisor to end' });
    expect((await up(at.lab)).code).toBe(0);
    expect(await greets(at.path)).toBe('SSH-2.0');
  });

  test('of another user is never touched, whose it is being told', async () => {
    const at = await place();
    const user = await makeUser();
    atEnd(() => user.remove());
    const argv = as(user, ['nc', '-l', '-k', '-U', at.path]);
    const holder = background(argv[0]!, argv.slice(1));
    atEnd(() => holder.stop());
    await until(() => existsSync(at.path), { what: 'the holder to listen' });
    const before = madeAt(at.path);
    const { because, verdict } = await refused(at);
    expect({ verdict, code: because?.code }).toEqual({ verdict: 'someone-else', code: 'binding-held' });
    expect(because?.text).toContain(user.name);
    expect([madeAt(at.path), holder.running()]).toEqual([before, true]);
  });

  test('that a program of our own user listens on is never touched, and the program is named', async () => {
    const at = await place();
    const argv = as(at.lab.user, ['nc', '-l', '-k', '-U', at.path]);
    const holder = background(argv[0]!, argv.slice(1));
    atEnd(() => holder.stop());
    await until(() => existsSync(at.path), { what: 'the holder to listen' });
    const { because, verdict } = await refused(at);
    expect(verdict).toBe('someone-else');
    expect(because?.text).toContain('nc');
    expect([existsSync(at.path), holder.running()]).toEqual([true, true]);
  });

  test('cannot take the place of a plain file, even of our own', async () => {
    const at = await place();
    writeFileSync(at.path, 'precious');
    chownSync(at.path, at.lab.user.uid, at.lab.user.gid);
    const { because, verdict } = await refused(at);
    expect({ verdict, code: because?.code }).toEqual({ verdict: 'someone-else', code: 'binding-held' });
    expect(readFileSync(at.path, 'utf8')).toBe('precious');
  });

  test('cannot be in a directory that is missing, nor in one that is not ours to write', async () => {
    const missing = await place([], `/tmp/tt${randomBytes(6).toString('hex')}/x.sock`);
    expect(await refused(missing)).toMatchObject({ verdict: 'not-allowed', because: { code: 'binding-no-directory' } });
    const locked = `/tmp/tt${randomBytes(6).toString('hex')}`;
    mkdirSync(locked, { mode: 0o755 });
    atEnd(() => rmSync(locked, { recursive: true }));
    const at = await place([], `${locked}/x.sock`);
    expect((await refused(at)).because?.code).toBe('binding-no-directory');
  });
});

/** Nothing is unread or unsent at the server. */
async function isIdle(network: Network): Promise<boolean> {
  const { stdout } = await network.exec('server', ['ss', '-tnH', 'state', 'established']);
  return stdout.split('\n').every((line) => line === '' || /^0 +0 /.test(line));
}

/**
 * Whatever the server still had to send would reach the NAT, which answers for a connection that it has forgotten. Looked at
 * again once the loss was noticed, since sshd may have read a keepalive before the cut and answer it after the first look.
 */
async function lostWhileIdle({ network, lab }: Awaited<ReturnType<typeof networkLab>>): Promise<boolean> {
  await untilTunnel(lab.cli, 't', isUp);
  await network.cut();
  if (await isIdle(network)) {
    await untilTunnel(lab.cli, 't', ({ state }) => state === 'reconnecting');
    if (await isIdle(network)) return true;
  }
  await network.restore();
  return false;
}

describe.runIf(isRoot)('behind a NAT that has forgotten the dead connection', () => {
  test('the port is freed by a knock from its old end', async () => {
    const place = await networkLab([], atEnd);
    const { network, lab } = place;
    const port = await freePort();
    lab.profile('t', [`{ name: hook, remote: ${port}, to: "${lab.bastion.host}:${lab.bastion.port}" }`], {
      hops: lab.oneHop,
      more: `${QUICK}deadman: off\n`,
    });
    await network.nat('on');
    // Without this the NAT takes up again what it has forgotten at the first packet that it sees (nf_conntrack_tcp_loose).
    await network.exec('router', ['sysctl', '-qw', 'net.netfilter.nf_conntrack_tcp_loose=0']);
    expect((await up(lab)).code).toBe(0);
    await until(() => lostWhileIdle(place), { what: 'a loss without anything under way', withinMs: 60_000 });
    await network.forgetFlows();
    await network.restore();
    const tunnel = await untilUpAgain(lab);
    expect(tunnel.forwards[0]?.lastRecovery).toMatchObject({ verdict: 'ours-stale', steps: ['reset'] });
    // Refused first: our own reset went nowhere.
    const told = (await storyOf(lab)).episodes.at(-1)?.entries.map(({ kind }) => kind);
    expect(told).toEqual(['refused', 'evidence', 'verdict', 'step', 'bound']);
  });
});

describe.runIf(isRoot)('a session that holds a binding', () => {
  async function place(config: readonly string[], more: string): Promise<Lab> {
    const lab = await makeLab({ bastion: { config } });
    atEnd(() => lab.dispose());
    lab.profile('t', [`{ name: hook, remote: ${await freePort()}, to: "localhost:1" }`], { hops: lab.oneHop, more });
    return lab;
  }

  test("has its dead man's switch armed again when somebody kills that on the server", async () => {
    const lab = await place([], 'deadman: 3s\n');
    expect((await up(lab)).code).toBe(0);
    // The switch is the script that has its seconds as first argument, after the nonce.
    const switches = async (): Promise<string> => (await run('pgrep', ['-u', lab.user.name, '-f', '^sh -s [0-9a-f]+ 3 '])).stdout.trim();
    const first = await until(switches, { what: 'the switch to be armed' });
    process.kill(Number(first), 'SIGKILL');
    const isAnother = async (): Promise<boolean> => ![first, ''].includes(await switches());
    await until(isAnother, { what: 'the switch to be armed again' });
    expect((await lab.cli.run(['logs'])).stdout).toContain('was armed once more');
    expect(await down(lab)).toBe(0);
    expect(await switches()).toBe('');
  });

  test('learns from the silence of a server that shows nothing how often it asks', async () => {
    const lab = await place(['ClientAliveInterval 1', 'ForceCommand /bin/false'], '');
    expect((await up(lab)).code).toBe(0);
    const logs = async (): Promise<boolean> => (await lab.cli.run(['logs'])).stdout.includes('for a sign of life every 1 s.');
    await until(logs, { what: 'the interval to be seen', everyMs: 200 });
  });
});

describe.runIf(isRoot)('a binding on an account that may read nothing', () => {
  async function place(): Promise<{ lab: Lab; port: number }> {
    const lab = await makeLab({ bastion: { config: ['ForceCommand /bin/false'] } });
    atEnd(() => lab.dispose());
    const port = await freePort();
    const to = `${lab.bastion.host}:${lab.bastion.port}`;
    lab.profile('t', [`{ name: hook, remote: "localhost:${port}", to: "${to}" }`], { hops: lab.oneHop });
    return { lab, port };
  }

  test('is found to be half, through its own port', async () => {
    const { lab, port } = await place();
    const holder = background('nc', ['-l', '-k', '127.0.0.1', String(port)]);
    atEnd(() => holder.stop());
    await until(async () => !(await isFree(port, '127.0.0.1')), { what: 'the holder to listen' });
    const { code, tunnel } = await up(lab);
    expect([code, tunnel.forwards[0]?.state, tunnel.forwards[0]?.warning?.code]).toEqual([0, 'listening', 'binding-half']);
    expect(tunnel.forwards[0]?.warning?.text).toContain('only on ::1; 127.0.0.1 is held by another process.');
  });

  test('is found to be whole, and its target never sees the test', async () => {
    const { lab, port } = await place();
    const { code, tunnel } = await up(lab);
    expect([code, tunnel.forwards[0]?.warning ?? null]).toEqual([0, null]);
    expect(tunnel.forwards[0]?.connections.total).toBe(0);
    for (const host of ['127.0.0.1', '::1']) {
      const { stdout } = await run('sh', ['-c', `nc -w 5 ${host} ${port} </dev/null | head -c 7`]);
      expect(stdout).toBe('SSH-2.0');
    }
  });
});

describe.runIf(isRoot)('a binding of two supervisors of one user', () => {
  test('goes to whom the user gives it by --take-over, and the other does not take it back', async () => {
    const lab = await makeLab();
    atEnd(() => lab.dispose());
    const port = await freePort();
    const home = tempHome({ owner: lab.user });
    home.write('.ssh/known_hosts', lab.bastion.knownHostsLine());
    const other = await makeCli({ home, as: lab.user });
    atEnd(() => other.dispose());
    // A target that accepts and says nothing, so that only the server's tables tell who is alive.
    const target = await startTarget({ behaviour: 'silent' });
    atEnd(() => target.stop());
    const forward = `{ name: hook, remote: ${port}, to: "${target.to}" }`;
    lab.profile('t', [forward], { hops: lab.oneHop });
    home.profile('t', `${lab.oneHop}forwards:\n  - ${forward}\n`);
    const inode = (): string | null => listenerSeenBy(lab.bastion.pid(), port);

    expect((await other.run(['up', 't'])).code).toBe(0);
    const theirs = inode();
    const left = await up(lab);
    expect([left.code, left.tunnel.because?.code, inode()]).toEqual([5, 'binding-live-elsewhere', theirs]);

    for (const [winner, loser] of [
      [lab.cli, other],
      [other, lab.cli],
    ] as const) {
      const won = await winner.run(['up', 't', '--json', '--take-over']);
      expect(won.code, won.stderr).toBe(0);
      expect(won.json<Up>().tunnels[0]?.forwards[0]?.lastRecovery?.steps).toContain('evict');
      const mine = inode();
      const lost = await untilTunnel(loser, 't', ({ state }) => state === 'blocked');
      expect(lost.because?.code).toBe('binding-live-elsewhere');
      expect([inode(), (await statusOf(winner, 't')).state]).toEqual([mine, 'up']);
    }
  });
});

describe.runIf(isRoot)('a binding that the server keeps for a dead session', () => {
  test('is given up for a person to see to, once the profile says so', async () => {
    const { network, lab } = await networkLab(['ForceCommand /bin/false'], atEnd);
    const forward = `{ name: hook, remote: ${await freePort()}, to: "localhost:1", giveUpAfter: 3s }`;
    lab.profile('t', [forward], { hops: lab.oneHop, more: `${QUICK}deadman: off\n` });
    expect((await up(lab)).code).toBe(0);
    await network.cut();
    await network.changeClientAddress();
    await untilTunnel(lab.cli, 't', ({ state }) => state === 'reconnecting');
    await network.restore();
    const tunnel = await untilTunnel(lab.cli, 't', ({ state }) => state === 'blocked');
    expect(tunnel.because?.code).toBe('binding-not-freed');
    const told = (await storyOf(lab)).episodes.at(-1);
    expect(told?.outcome).toBe('asks');
    expect(told?.entries.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['refused', 'evidence', 'verdict', 'waiting', 'asks']));
    expect(told?.steps).not.toContain('evict');
  });
});

describe.runIf(isRoot)('a supervisor that has lost its notes of a session that died in the outage', () => {
  /** The binding is held on the server by a dead session, and what is known of it here cannot be read. */
  async function place(notes: string): Promise<{ lab: Lab; port: number; marker: string; restore: () => Promise<void> }> {
    const { network, lab } = await networkLab([], atEnd);
    const port = await freePort();
    lab.profile('t', [`{ name: hook, remote: ${port}, to: "localhost:1" }`], { hops: lab.oneHop, more: `${QUICK}deadman: off\n` });
    expect((await up(lab)).code).toBe(0);
    const marker = `${lab.user.home}/.cache/tunnels/binding-${port}`;
    await until(() => existsSync(marker), { what: 'the marker' });
    await network.cut();
    await network.changeClientAddress();
    for (const pid of lab.cli.processes()) process.kill(pid, 'SIGKILL');
    await until(() => lab.cli.processes().length === 0, { what: 'the supervisor to end' });
    writeFileSync(`${lab.home.tunnelsHome}/sessions.json`, notes);
    return { lab, port, marker, restore: network.restore };
  }

  const setAside = (lab: Lab): string[] => readdirSync(lab.home.tunnelsHome).filter((name) => name.startsWith('sessions.aside-'));

  test('puts the torn file aside, and finds the session by the marker that it left there', async () => {
    const torn = '{ "schemaVersion": 1, "value": [ { "hostKey": "SHA256:';
    const { lab, restore } = await place(torn);
    await restore();
    const { code, said, tunnel } = await up(lab);
    expect(code, said).toBe(0);
    expect(tunnel.forwards[0]?.lastRecovery).toMatchObject({ verdict: 'ours-stale', steps: expect.arrayContaining(['evict']) });
    const [aside] = setAside(lab);
    expect(readFileSync(`${lab.home.tunnelsHome}/${aside}`, 'utf8')).toBe(torn);
  });

  test('puts a file of the future aside, and does not believe a marker that another user has put there', async () => {
    const { lab, port, marker, restore } = await place('{ "schemaVersion": 99, "value": [] }');
    const user = await makeUser();
    atEnd(() => user.remove());
    // As where the cache directory's parent can be written by others.
    for (const path of [marker, dirname(marker)]) chownSync(path, user.uid, user.gid);
    for (const [path, mode] of [
      [marker, 0o644],
      [dirname(marker), 0o755],
    ] as const)
      chmodSync(path, mode);
    const before = listenerSeenBy(lab.bastion.pid(), port);
    await restore();
    const { code, said, tunnel } = await up(lab, '--wait', '8');
    // Not a person's matter yet: it is tried again for as long as the profile lets it.
    expect(code, said).toBe(3);
    expect(tunnel.forwards[0]?.because?.code).toBe('binding-unknown-holder');
    const told = (await storyOf(lab)).episodes.at(-1);
    expect([told?.verdict, told?.steps.includes('evict')]).toEqual(['cannot-tell', false]);
    expect([listenerSeenBy(lab.bastion.pid(), port), setAside(lab).length]).toEqual([before, 1]);
  });
});

describe.runIf(isRoot)('on dropbear, whose sessions are not ours to end', () => {
  async function place(): Promise<{ network: Network; lab: Lab; port: number; pid: number }> {
    const { network, lab } = await networkLab([], atEnd);
    const sshPort = await freePort();
    const dir = tempDir();
    const made = await must('dropbearkey', ['-t', 'ed25519', '-f', `${dir}/host`]);
    const key = /^ssh-ed25519 \S+/m.exec(made)?.[0] ?? '';
    const host = network.addresses.server;
    lab.home.write('.ssh/known_hosts', `[${host}]:${sshPort} ${key}\n`);
    lab.home.write('.ssh/authorized_keys', `${lab.key.publicLine}\n`);
    const server = network.spawn('server', ['dropbear', '-F', '-E', '-p', `${host}:${sshPort}`, '-r', `${dir}/host`, '-P', `${dir}/pid`]);
    atEnd(() => server.stop());
    await server.waitFor(/Not backgrounding/);
    const port = await freePort();
    const hops = `hops:\n  - { host: ${host}, port: ${sshPort}, user: ${lab.user.name}, identity: ${lab.key.path} }\n`;
    const forward = `{ name: hook, remote: ${port}, to: "${lab.bastion.host}:${lab.bastion.port}" }`;
    lab.profile('t', [forward], { hops, more: QUICK });
    return { network, lab, port, pid: lab.bastion.pid() };
  }

  test('a port is bound again when the network is back', async () => {
    const { network, lab, port, pid } = await place();
    expect((await up(lab)).code).toBe(0);
    const before = listenerSeenBy(pid, port);
    await network.cut();
    await untilTunnel(lab.cli, 't', ({ state }) => state === 'reconnecting');
    await network.restore();
    const tunnel = await untilUpAgain(lab);
    expect(tunnel.forwards[0]?.lastRecovery?.steps).toContain('reset');
    expect(tunnel.forwards[0]?.lastRecovery?.steps).not.toContain('evict');
    expect(listenerSeenBy(pid, port)).not.toBe(before);
    const greeting = await network.exec('server', ['sh', '-c', `nc -w 5 127.0.0.1 ${port} </dev/null | head -c 7`]);
    expect(greeting.stdout).toBe('SSH-2.0');
  });

  test("another user's port is left alone, and it is told whose it is", async () => {
    const { network, lab, port, pid } = await place();
    const user = await makeUser();
    atEnd(() => user.remove());
    const holder = network.spawn('server', as(user, ['nc', '-l', '-k', '127.0.0.1', String(port)]));
    atEnd(() => holder.stop());
    await until(() => listenerSeenBy(pid, port) !== null, { what: 'the holder to listen' });
    const { code, said, tunnel } = await up(lab, '--wait', '8');
    // dropbear says yes all the same, as it has the other loopback.
    expect(code, said).toBe(5);
    expect(tunnel.because).toMatchObject({ code: 'binding-held' });
    expect(tunnel.because?.text).toContain(user.name);
    const told = (await storyOf(lab)).episodes.at(-1);
    expect([told?.verdict, told?.steps.includes('evict')]).toEqual(['someone-else', false]);
    expect(holder.running()).toBe(true);
  });
});
