import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Target, startTarget } from '../support/echo-server.ts';
import { freePort } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { isRoot } from '../support/run.ts';
import { statusOf, untilTunnel } from '../support/status.ts';
import { until } from '../support/until.ts';

/** What a user of a local port notices, and what he does not. */
describe.runIf(isRoot)('a local port', () => {
  const parts = {} as { lab: Lab; echo: Target };
  beforeAll(async () => {
    const [lab, echo] = await Promise.all([makeLab(), startTarget()]);
    Object.assign(parts, { lab, echo });
  });
  afterAll(async () => {
    await parts.lab?.dispose();
    await parts.echo?.stop();
  });

  /** A tunnel with one local forward to the echo server; gives its port. */
  async function up(name: string, more = ''): Promise<number> {
    const port = await freePort();
    parts.lab.profile(name, [`{ local: ${port}, to: "${parts.echo.to}" }`], { more });
    const ran = await parts.lab.cli.run(['up', name]);
    expect(ran.code, ran.stderr).toBe(0);
    return port;
  }
  /** Its sessions die, and nobody answers there until it is thawed. */
  function loseBastion(): void {
    parts.lab.bastion.freeze();
    parts.lab.bastion.killSession();
  }
  const isState = (wanted: string) => (tunnel: { state: string }) => tunnel.state === wanted;

  test('carries 20 MB both ways through two hops, each end closed on its own, and loses nothing', async () => {
    const port = await up('bulk');
    const sent = randomBytes(20 * 1024 * 1024);
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const received = buffer(socket);
    socket.end(sent);
    expect(digest(await received)).toBe(digest(sent));
    const counted = await untilTunnel(parts.lab.cli, 'bulk', ({ forwards }) => forwards[0]?.connections.open === 0);
    expect(counted.forwards[0]).toMatchObject({
      bytes: { sent: sent.length, received: sent.length },
      connections: { total: 1, failed: 0 },
    });
  });

  test('holds who comes while the way is down, and serves him once it is back', async () => {
    const port = await up('held');
    loseBastion();
    await untilTunnel(parts.lab.cli, 'held', isState('reconnecting'));
    const socket = connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    socket.end('patience\n');
    const answer = buffer(socket);
    await untilTunnel(parts.lab.cli, 'held', ({ forwards }) => forwards[0]?.connections.open === 1);
    expect(socket.destroyed).toBe(false);
    parts.lab.bastion.thaw();
    expect(String(await answer)).toBe('patience\n');
  });

  test('refuses at once with `hold: 0`, and not for longer than the way is down', async () => {
    const port = await up('unheld', 'hold: 0\n');
    loseBastion();
    await untilTunnel(parts.lab.cli, 'unheld', isState('reconnecting'));
    await expect(answerAt(port, 'now')).rejects.toMatchObject({ code: 'ECONNRESET' });
    const { forwards } = await statusOf(parts.lab.cli, 'unheld');
    expect(forwards[0]).toMatchObject({ connections: { failed: 1 }, lastFailure: { code: 'hold-expired' } });
    parts.lab.bastion.thaw();
    await untilTunnel(parts.lab.cli, 'unheld', isState('up'));
    expect(await answerAt(port, 'then')).toBe('then');
  });

  test('connects on first use with `idle`, and leaves no session on any server once nobody used it for so long', async () => {
    const { cli, bastion, far } = parts.lab;
    await cli.run(['down', '--all']);
    const port = await up('lazy', 'idle: 2s\n');
    expect((await statusOf(cli, 'lazy')).state).toBe('idle');
    expect([bastion.sessions(), far.sessions()]).toEqual([[], []]);
    for (const word of ['first', 'second']) {
      expect(await answerAt(port, word)).toBe(word);
      expect((await statusOf(cli, 'lazy')).state).toBe('up');
      expect(bastion.sessions()).toHaveLength(1);
      await untilTunnel(cli, 'lazy', isState('idle'));
      await until(() => bastion.sessions().length + far.sessions().length === 0, { what: 'the sessions to end' });
    }
  });
});

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function answerAt(port: number, word: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.end(word);
  return String(await buffer(socket));
}
