import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { TunnelSnapshot } from '../../src/model/snapshot.ts';
import type { Story } from '../../src/model/story.ts';
import { freePort } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { makeNetwork, type Network } from '../support/namespaces.ts';
import { type OpenSsh10, openssh10 } from '../support/openssh10.ts';
import { isRoot, run } from '../support/run.ts';
import { makeCli } from '../support/run-cli.ts';
import { snapshot, untilTunnel } from '../support/status.ts';
import { tempHome } from '../support/temp-home.ts';
import { until } from '../support/until.ts';
import { makeUser } from '../support/users.ts';

type Up = { readonly tunnels: readonly TunnelSnapshot[] };
type Place = { readonly network: Network; readonly lab: Lab; readonly port: number };

/** The sshd that the tests of a group use, where it is not the system's own. */
let other: OpenSsh10 | null = null;
const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** A client, a router and a server with a real sshd; the tunnel `t` binds `port` on the server. */
async function place(options: { config?: string[]; more?: string; forward?: string } = {}): Promise<Place> {
  const network = await makeNetwork();
  ends.push(() => network.dispose());
  const config = [...(other?.config ?? []), ...(options.config ?? [])];
  const sshd = { netns: network.names.server, listen: network.addresses.server, config, ...(other && { binary: other.binary }) };
  const lab = await makeLab({
    bastion: sshd,
    far: { netns: network.names.server, listen: network.addresses.server },
    netns: network.names.client,
  });
  ends.push(() => lab.dispose());
  if (other !== null) expect((await run(other.binary, ['-V'])).stderr).toContain('OpenSSH_10');
  const port = await freePort();
  writeProfile({ network, lab, port }, options);
  return { network, lab, port };
}

function writeProfile({ lab, port }: Place, { forward = '', more = '' }: { forward?: string; more?: string }): void {
  const keepalive = more.includes('keepalive') ? '' : 'keepalive: { interval: 1s, countMax: 2 }\n';
  lab.profile('t', [`{ name: hook, remote: ${port}, to: "${lab.bastion.host}:${lab.bastion.port}"${forward} }`], {
    hops: lab.oneHop,
    more: `${keepalive}${more}`,
  });
}

const up = async ({ lab }: Place, ...args: string[]) => await lab.cli.run(['up', 't', '--json', ...args]);
const isUp = (tunnel: TunnelSnapshot): boolean => tunnel.state === 'up';
const upAgain = async ({ lab }: Place, from = 0) => await untilTunnel(lab.cli, 't', (tunnel) => isUp(tunnel) && tunnel.reconnects > from);

/** The inode of whoever listens on the port in the server's namespace. */
function listener({ lab, port }: Pick<Place, 'lab' | 'port'>): string | null {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return (
    new RegExp(`: 0100007F:${hex} \\S+ 0A (?:\\S+\\s+){5}(\\d+)`).exec(readFileSync(`/proc/${lab.bastion.pid()}/net/tcp`, 'utf8'))?.[1] ??
    null
  );
}

async function story({ lab }: Place): Promise<Story> {
  const socket = `${lab.home.tunnelsHome}/supervisor.sock`;
  const answer = await run('curl', ['-s', '--unix-socket', socket, 'http://tunnels/v1/tunnels/t/story']);
  return JSON.parse(answer.stdout) as Story;
}

const greets = async ({ network, port }: Place): Promise<string> =>
  (await network.exec('server', ['sh', '-c', `nc -w 5 127.0.0.1 ${port} </dev/null | head -c 7`])).stdout;

describe.runIf(isRoot).each(['the system’s OpenSSH', 'OpenSSH 10'])('a remote port of %s whose connection died', (server) => {
  beforeAll(async () => {
    other = server === 'OpenSSH 10' ? await openssh10() : null;
  });
  afterAll(() => {
    other = null;
  });

  test('is freed by a reset before anything is asked for, when the network comes back', async () => {
    const at = await place({ more: 'deadman: off\n' });
    expect((await up(at)).code).toBe(0);
    const before = listener(at);
    await at.network.cut();
    await untilTunnel(at.lab.cli, 't', ({ state }) => state === 'reconnecting');
    expect(listener(at)).toBe(before);
    await at.network.restore();
    const tunnel = await upAgain(at);
    expect(tunnel.forwards[0]?.lastRecovery).toMatchObject({ verdict: 'ours-stale' });
    expect(tunnel.forwards[0]?.lastRecovery?.steps[0]).toBe('reset');
    expect(listener(at)).not.toBe(before);
    expect(await greets(at)).toBe('SSH-2.0');
  });

  test('is evicted, proven ours and dead, when the client has another address', async () => {
    const at = await place({ more: 'deadman: off\n' });
    expect((await up(at)).code).toBe(0);
    await at.network.cut();
    await at.network.changeClientAddress();
    await untilTunnel(at.lab.cli, 't', ({ state }) => state === 'reconnecting');
    await at.network.restore();
    const tunnel = await upAgain(at);
    expect(tunnel.forwards[0]?.lastRecovery?.verdict).toBe('ours-stale');
    expect(tunnel.forwards[0]?.lastRecovery?.steps).toContain('evict');
    expect(await greets(at)).toBe('SSH-2.0');
    const told = (await story(at)).episodes.at(-1);
    expect(told?.entries.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['refused', 'evidence', 'verdict', 'step', 'bound']));
  });

  test('is evicted also by the supervisor that follows one killed in the outage', async () => {
    const at = await place({ more: 'deadman: off\n' });
    expect((await up(at)).code).toBe(0);
    await at.network.cut();
    await at.network.changeClientAddress();
    const pid = (await snapshot(at.lab.cli)).supervisor?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await until(async () => ((await snapshot(at.lab.cli)).supervisor?.pid ?? pid) !== pid, { what: 'another supervisor' });
    await at.network.restore();
    const tunnel = await untilTunnel(at.lab.cli, 't', isUp);
    expect(tunnel.forwards[0]?.lastRecovery?.steps).toContain('evict');
    expect(await greets(at)).toBe('SSH-2.0');
  });

  test("is freed on the server by the dead man's switch while the client is still away", async () => {
    const at = await place({ more: 'deadman: 3s\n' });
    expect((await up(at)).code).toBe(0);
    await at.lab.bastion.waitForLog(/Starting session: command/);
    // The switch is the script that has its seconds as first argument, after the nonce.
    const armed = ['-u', at.lab.user.name, '-f', 'sh -s [0-9a-f]+ 3 '];
    await until(async () => (await run('pgrep', armed)).stdout !== '', { what: 'the switch to be armed' });
    await at.network.cut();
    await until(() => listener(at) === null, { what: 'the port to be freed by the server itself' });
    await at.network.restore();
    await upAgain(at);
  });

  test('is waited for, with the time that the server will take, where nothing may be done there', async () => {
    const at = await place({
      config: ['ClientAliveInterval 2', 'ClientAliveCountMax 1', 'ForceCommand /bin/false'],
      more: 'deadman: off\n',
    });
    expect((await up(at)).code).toBe(0);
    await at.network.cut();
    await at.network.changeClientAddress();
    await untilTunnel(at.lab.cli, 't', ({ state }) => state === 'reconnecting');
    await at.network.restore();
    const tunnel = await upAgain(at);
    expect(tunnel.forwards[0]?.lastRecovery?.steps ?? []).not.toContain('evict');
    expect(await greets(at)).toBe('SSH-2.0');
  });

  test.each([
    ['the supervisor that had it', false],
    ['the one that follows it, killed in the outage', true],
  ])('is most likely ours, and waited for with a time, where only our own note tells so: by %s', async (_, killed) => {
    const at = await place({
      config: ['ClientAliveInterval 2', 'ClientAliveCountMax 3', 'ForceCommand /bin/false'],
      // Longer than the server's own interval, which 9.2 doubles, so that its questions are heard; shorter than its patience.
      more: `deadman: off\nkeepalive: { interval: ${other === null ? '4500ms' : '2500ms'}, countMax: 1 }\n`,
    });
    expect((await up(at)).code).toBe(0);
    const heard = async (): Promise<boolean> => (await at.lab.cli.run(['logs'])).stdout.includes('for a sign of life every 2 s.');
    await until(heard, { what: 'the interval to be seen', everyMs: 200 });
    await at.network.cut();
    await at.network.changeClientAddress();
    if (killed) {
      const pid = (await snapshot(at.lab.cli)).supervisor?.pid ?? 0;
      process.kill(pid, 'SIGKILL');
      await until(async () => ((await snapshot(at.lab.cli)).supervisor?.pid ?? pid) !== pid, { what: 'another supervisor' });
    } else await untilTunnel(at.lab.cli, 't', ({ state }) => state === 'reconnecting');
    await at.network.restore();
    const episode = async () => (await story(at)).episodes.at(-1);
    const waits = async () => (await episode())?.entries.some(({ kind }) => kind === 'waiting');
    await until(waits, { what: 'it to be waited for', everyMs: 50 });
    const told = await episode();
    expect(told).toMatchObject({ verdict: 'ours-stale', waitsUntil: expect.any(String) });
    expect([told?.steps.at(-1), told?.steps.includes('evict')]).toEqual(['wait', false]);
  });

  test('falls back to another port at once where the profile says so and nothing may be reclaimed', async () => {
    const at = await place({ config: ['ForceCommand /bin/false'] });
    const other = await freePort();
    writeProfile(at, { forward: `, onConflict: [reclaim, fallback], fallbackPorts: "${other}"`, more: 'deadman: off\n' });
    expect((await up(at)).code).toBe(0);
    await at.network.cut();
    await at.network.changeClientAddress();
    await untilTunnel(at.lab.cli, 't', ({ state }) => state === 'reconnecting');
    await at.network.restore();
    const tunnel = await upAgain(at);
    expect(tunnel.forwards[0]).toMatchObject({ listen: { port: other }, lastRecovery: { steps: expect.arrayContaining(['fallback']) } });
  });
});

describe.runIf(isRoot)('a remote port that is not ours to take', () => {
  const refused = async (at: Place, ...args: string[]) => {
    const ran = await up(at, ...args);
    expect(ran.code, ran.stderr).toBe(5);
    const tunnel = ran.json<Up>().tunnels[0];
    return {
      because: tunnel?.forwards[0]?.because ?? tunnel?.because,
      verdict: (await story(at)).episodes.at(-1)?.verdict,
      log: at.lab.bastion.log(),
    };
  };
  const held = async (at: Place, argv: string[]) => {
    const holder = at.network.spawn('server', argv);
    ends.push(() => holder.stop());
    await until(() => listener(at) !== null, { what: 'the holder to listen' });
    return holder;
  };
  const nc = (port: number) => ['nc', '-l', '-k', '127.0.0.1', String(port)];
  const as = ({ uid, gid }: { uid: number; gid: number }, argv: string[]) => [
    'setpriv',
    '--reuid',
    String(uid),
    '--regid',
    String(gid),
    '--clear-groups',
    ...argv,
  ];

  test('is held by another user, who is named', async () => {
    const at = await place();
    const user = await makeUser();
    ends.push(() => user.remove());
    const holder = await held(at, as(user, nc(at.port)));
    const { because, verdict } = await refused(at);
    expect(verdict).toBe('someone-else');
    expect(because).toMatchObject({ code: 'binding-held' });
    expect(because?.text).toContain(user.name);
    expect(holder.running()).toBe(true);
  });
  test('is held by a program of our own user, which is named with its pid', async () => {
    const at = await place();
    const holder = await held(at, as(at.lab.user, nc(at.port)));
    const { because, verdict } = await refused(at);
    expect(verdict).toBe('someone-else');
    expect(because?.text).toContain('nc');
    expect(holder.running()).toBe(true);
  });
  test('is held by a live supervisor of ours on another machine, which is left alone unless we are told to take over', async () => {
    const at = await place();
    const home = tempHome({ owner: at.lab.user });
    home.write('.ssh/known_hosts', at.lab.bastion.knownHostsLine());
    const other = await makeCli({ home, as: at.lab.user, netns: at.network.names.client });
    ends.push(() => other.dispose());
    home.profile('t', `${at.lab.oneHop}forwards:\n  - { name: hook, remote: ${at.port}, to: "localhost:1" }\n`);
    const there = await other.run(['up', 't']);
    expect(there.code, there.stderr).toBe(0);
    const before = listener(at);
    const { because, verdict } = await refused(at);
    expect(verdict).toBe('ours-live');
    expect(because?.code).toBe('binding-live-elsewhere');
    expect(listener(at)).toBe(before);
  });
  test('is forbidden by the server', async () => {
    const { because, verdict } = await refused(await place({ config: ['AllowTcpForwarding local'] }));
    expect({ verdict, code: because?.code }).toEqual({ verdict: 'not-allowed', code: 'bind-not-allowed' });
    expect(because?.text).toContain('Server has disabled port forwarding.');
  });
  test('is not in PermitListen', async () => {
    const { because, verdict } = await refused(await place({ config: ['PermitListen 127.0.0.1:1'] }));
    expect({ verdict, code: because?.code }).toEqual({ verdict: 'not-allowed', code: 'bind-not-allowed' });
    expect(because?.text).toContain('PermitListen');
  });
  test('is privileged', async () => {
    const at = { ...(await place()), port: 81 };
    writeProfile(at, {});
    expect((await refused(at)).because?.code).toBe('binding-privileged');
  });
  test('is at an address that the server does not have', async () => {
    const at = await place({ config: ['GatewayPorts clientspecified'] });
    at.lab.profile('t', [`{ name: hook, remote: "192.0.2.7:${at.port}", to: "localhost:1" }`], { hops: at.lab.oneHop });
    expect((await refused(at)).because?.code).toBe('binding-bad-address');
  });
  test('was made public by the server, so it is given back', async () => {
    const at = await place({ config: ['GatewayPorts yes'] });
    const { because } = await refused(at);
    expect(because?.code).toBe('binding-widened');
    expect(readFileSync(`/proc/${at.lab.bastion.pid()}/net/tcp`, 'utf8')).not.toContain(
      `00000000:${at.port.toString(16).toUpperCase().padStart(4, '0')}`,
    );
  });
  test('may be public where the profile says so', async () => {
    const at = await place({ config: ['GatewayPorts yes'], forward: ', public: true' });
    expect((await up(at)).code).toBe(0);
  });
  test('is bound for one address family only, which is told', async () => {
    const at = await place();
    await held(at, as(at.lab.user, nc(at.port)));
    at.lab.profile('t', [`{ name: hook, remote: "localhost:${at.port}", to: "localhost:1" }`], { hops: at.lab.oneHop });
    const ran = await up(at);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.json<Up>().tunnels[0]?.forwards[0]).toMatchObject({ state: 'listening', warning: { code: 'binding-half' } });
  });
  test('was narrowed to the server itself, which is told', async () => {
    const at = await place({ config: ['GatewayPorts no'] });
    at.lab.profile('t', [`{ name: hook, remote: "0.0.0.0:${at.port}", to: "localhost:1" }`], { hops: at.lab.oneHop });
    const ran = await up(at);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.json<Up>().tunnels[0]?.forwards[0]).toMatchObject({ state: 'listening', warning: { code: 'binding-narrowed' } });
  });
});
