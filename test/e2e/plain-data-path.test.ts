import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/model/finding.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { startTarget, type Target } from '../support/echo-server.ts';
import { freePort, isFree } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { isRoot } from '../support/run.ts';
import { snapshot, untilTunnel } from '../support/status.ts';

const BYTES = randomBytes(8 * 1024 * 1024);
const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe.runIf(isRoot)('with the data path of ssh2, which somebody has asked for,', () => {
  const parts = {} as { lab: Lab; echo: Target; local: number; remote: number; socks: number };

  /** Both ways at once, with a half-close. */
  async function passes(port: number): Promise<void> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end(BYTES);
    expect(sha(await buffer(socket))).toBe(sha(BYTES));
  }
  const paths = ({ tunnels }: Snapshot): (string | undefined)[] => tunnels.flatMap(({ hops }) => hops.map(({ data }) => data?.path));
  const findings = async (): Promise<Finding[]> =>
    (await parts.lab.cli.run(['doctor', 'both', '--json']))
      .json<{ findings: Finding[] }>()
      .findings.filter(({ check }) => check === 'data-path');

  beforeAll(async () => {
    const [lab, echo, local, remote, socks] = await Promise.all([makeLab(), startTarget(), freePort(), freePort(), freePort()]);
    Object.assign(parts, { lab, echo, local, remote, socks });
    const { host, port } = lab.bastion;
    lab.profile('both', [
      `{ name: there, local: ${local}, to: "${echo.to}" }`,
      `{ name: back, remote: "127.0.0.1:${remote}", on: "${host}:${port}", to: "${echo.to}" }`,
      `{ name: socks, dynamic: ${socks} }`,
    ]);
    expect((await lab.cli.run(['config', 'set', 'dataPath', 'ssh2'])).stderr).toContain('tunnels supervisor restart');
  });

  afterAll(async () => {
    await parts.lab.dispose();
    await parts.echo.stop();
  });

  test('tunnels come up over two hops, carry bytes each way, and are repaired', async () => {
    const { cli, bastion } = parts.lab;
    const up = await cli.run(['up', 'both']);
    expect(up.code, up.stderr).toBe(0);
    await Promise.all([passes(parts.local), passes(parts.remote)]);
    bastion.killSession();
    await untilTunnel(cli, 'both', ({ state, reconnects }) => state === 'up' && reconnects > 0);
    await Promise.all([passes(parts.local), passes(parts.remote)]);
  });

  test('status and doctor say so, and how it is taken back', async () => {
    const { cli } = parts.lab;
    const seen = await snapshot(cli);
    expect(paths(seen)).toEqual(['ssh2', 'ssh2']);
    expect(seen.supervisor?.memory?.limits).toBeNull();
    expect(seen.tunnels[0]?.hops.map(({ data }) => data?.channels)).toEqual([1, 0]);
    expect((await cli.run(['status', '--verbose'])).stdout).toContain("ssh2's own data path");
    const [asked] = await findings();
    expect(asked).toMatchObject({ severity: 'note', subject: 'this machine', fix: expect.stringContaining('config unset dataPath') });
  });

  test('`down` frees every port', async () => {
    const { cli } = parts.lab;
    expect((await cli.run(['down', 'both'])).code).toBe(0);
    expect([await isFree(parts.local), await isFree(parts.remote), await isFree(parts.socks)]).toEqual([true, true, true]);
  });

  test('the variable counts before the setting, for the supervisor that is started with it', async () => {
    const { cli } = parts.lab;
    const env = { TUNNELS_DATA_PATH: 'auto' };
    expect((await cli.run(['supervisor', 'restart'], { env })).code).toBe(0);
    expect((await cli.run(['up', 'both'], { env })).code).toBe(0);
    await Promise.all([passes(parts.local), passes(parts.remote)]);
    for (const path of paths(await snapshot(cli))) expect(path).toMatch(/^own/);
    expect((await findings()).map(({ what }) => what)).not.toContainEqual(expect.stringContaining('asks for'));
  });

  test('without the setting the fast one is back with the next start', async () => {
    const { cli } = parts.lab;
    expect((await cli.run(['config', 'unset', 'dataPath'])).code).toBe(0);
    expect((await cli.run(['supervisor', 'restart'])).code).toBe(0);
    await untilTunnel(cli, 'both', ({ state }) => state === 'up');
    for (const path of paths(await snapshot(cli))) expect(path).toMatch(/^own/);
    await Promise.all([passes(parts.local), passes(parts.remote)]);
  });
});
