import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { type Network, type Place, makeNetwork } from '../support/namespaces.ts';
import { isRoot, must } from '../support/run.ts';
import { untilTunnel } from '../support/status.ts';
import { until } from '../support/until.ts';

describe.runIf(isRoot)('a tunnel through a network that fails', () => {
  const parts = {} as { lab: Lab; network: Network; local: number };
  /** The first line of whoever speaks at that port, as soon as it comes. */
  const greeting = async (place: Place, port: number, patience = 3): Promise<string> =>
    (await parts.network.exec(place, ['bash', '-c', `read -t ${patience} line </dev/tcp/127.0.0.1/${port}; echo "$line"`])).stdout;
  const banner = (patience?: number): Promise<string> => greeting('client', parts.local, patience);

  beforeAll(async () => {
    const [network, local] = await Promise.all([makeNetwork(), freePort()]);
    const place = { netns: network.names.server, listen: network.addresses.server };
    const lab = await makeLab({ bastion: place, far: place, netns: network.names.client });
    Object.assign(parts, { lab, network, local });
    // The far server itself is the target: it greets whoever connects.
    lab.profile('db', [`{ name: far, local: ${local}, to: "${lab.far.host}:${lab.far.port}" }`], {
      more: 'keepalive: { interval: 1s, countMax: 2 }\n',
    });
    const up = await lab.cli.run(['up', 'db']);
    expect(up.code, up.stderr).toBe(0);
  });

  afterAll(async () => {
    await parts.lab?.dispose();
    parts.network?.dispose();
  });

  test('comes back by itself after a silent cut that outlasts its patience', async () => {
    const { lab, network } = parts;
    expect(await banner()).toMatch(/^SSH-2.0-OpenSSH/);
    await network.cut();
    await untilTunnel(lab.cli, 'db', ({ state }) => state === 'reconnecting');
    await network.restore();
    await untilTunnel(lab.cli, 'db', ({ state }) => state === 'up');
    await until(async () => (await banner()).startsWith('SSH-2.0-OpenSSH'), { what: 'traffic' });
  });

  test('comes back after the client moved to another network', async () => {
    const { lab, network } = parts;
    await network.changeClientAddress();
    await untilTunnel(lab.cli, 'db', ({ state, reconnects }) => state === 'up' && reconnects > 1);
    expect(await banner()).toMatch(/^SSH-2.0-OpenSSH/);
  });

  test('lives through a cut of 10 s with the default keepalive, and serves who came meanwhile', async () => {
    const { lab, network } = parts;
    await lab.cli.run(['down', '--all']);
    const [local, remote] = [await freePort(), await freePort()];
    parts.local = local;
    lab.profile('usual', [
      `{ name: far, local: ${local}, to: "${lab.far.host}:${lab.far.port}" }`,
      `{ name: back, remote: ${remote}, to: "localhost:${local}" }`,
    ]);
    const up = await lab.cli.run(['up', 'usual']);
    expect(up.code, up.stderr).toBe(0);
    await network.cut();
    const meanwhile = banner(60);
    // The length of the cut is what is tested.
    await must('sleep', ['10']);
    await network.restore();
    expect(await meanwhile).toMatch(/^SSH-2.0-OpenSSH/);
    const tunnel = await untilTunnel(lab.cli, 'usual', ({ state }) => state === 'up');
    expect(tunnel.forwards.map(({ state }) => state)).toEqual(['listening', 'listening']);
    expect(await greeting('server', remote, 20)).toMatch(/^SSH-2.0-OpenSSH/);
  });
});
