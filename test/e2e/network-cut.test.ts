import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { type Network, makeNetwork } from '../support/namespaces.ts';
import { isRoot } from '../support/run.ts';
import { untilTunnel } from '../support/status.ts';
import { until } from '../support/until.ts';

describe.runIf(isRoot)('a tunnel through a network that fails', () => {
  const parts = {} as { lab: Lab; network: Network; local: number };
  const banner = async (): Promise<string> =>
    (await parts.network.exec('client', ['sh', '-c', `nc -w 3 127.0.0.1 ${parts.local} </dev/null`])).stdout;

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
});
