import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogLine } from '../../src/api/contract.ts';
import type { TunnelSnapshot } from '../../src/model/snapshot.ts';
import { type Target, startTarget } from '../support/echo-server.ts';
import { freePort } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { isRoot } from '../support/run.ts';
import { portOf, statusOf, untilTunnel } from '../support/status.ts';
import { until } from '../support/until.ts';

/** A profile that changes while its tunnel runs, with the installed command and a real sshd. */
describe.runIf(isRoot)('a profile that changes while its tunnel runs', () => {
  const parts = {} as { lab: Lab; echo: Target; other: Target };
  const open: Socket[] = [];
  beforeAll(async () => {
    const [lab, echo, other] = await Promise.all([makeLab(), startTarget(), startTarget({ behaviour: 'greet-then-close' })]);
    Object.assign(parts, { lab, echo, other });
  });
  afterAll(async () => {
    for (const socket of open) socket.destroy();
    await parts.lab?.dispose();
    await Promise.all([parts.echo?.stop(), parts.other?.stop()]);
  });

  const names = ({ forwards }: TunnelSnapshot): string => forwards.map(({ name, state }) => `${name} ${state}`).join(', ');
  const kept = (): string => `{ name: kept, local: 0, to: "${parts.echo.to}" }`;
  const hook = (port: number): string => `{ name: hook, remote: ${port}, to: "${parts.echo.to}" }`;
  const write = (name: string, forwards: readonly string[], more = ''): void =>
    parts.lab.profile(name, forwards, { hops: parts.lab.oneHop, more });

  async function dial(port: number): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    open.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  /** A connection that never rests: what it sends comes back from the target. */
  async function traffic(port: number) {
    const socket = await dial(port);
    const [sent, received] = [createHash('sha256'), createHash('sha256')];
    const count = { sent: 0, received: 0, closed: false };
    socket.on('data', (chunk: Buffer) => {
      count.received += chunk.length;
      received.update(chunk);
      if (count.received === count.sent) send();
    });
    socket.on('close', () => (count.closed = true));
    let going = true;
    const send = (): void => {
      if (!going) return;
      const chunk = Buffer.from(`${count.sent} `.repeat(500));
      count.sent += chunk.length;
      sent.update(chunk);
      socket.write(chunk);
    };
    send();
    return {
      count,
      async moves(): Promise<void> {
        const before = count.received;
        await until(() => count.closed || count.received > before, { what: 'more bytes' });
        expect(count.closed).toBe(false);
      },
      async isWhole(): Promise<void> {
        going = false;
        await until(() => count.closed || count.received === count.sent, { what: 'the last bytes' });
        expect([count.closed, received.digest('hex')]).toEqual([false, sent.digest('hex')]);
      },
    };
  }

  const greeting = async (port: number): Promise<string> => String((await once(await dial(port), 'data'))[0]);
  const logOf = async (name: string): Promise<LogLine[]> =>
    (await parts.lab.cli.run(['logs', name, '-n', '200', '--json'])).json<{ lines: LogLine[] }>().lines;

  test('gets what was added, changed and removed by itself, while a connection goes on to the last byte', async () => {
    const { cli } = parts.lab;
    const [local, there] = [await freePort(), await freePort()];
    const changing = (target: Target): string => `{ name: changing, local: ${local}, to: "${target.to}" }`;
    write('live', [kept(), changing(parts.echo), hook(there)]);
    expect((await cli.run(['up', 'live'])).code).toBe(0);
    const first = await statusOf(cli, 'live');
    const here = await traffic(portOf(first, 'kept'));
    const back = await traffic(there);

    write('live', [hook(there), `{ name: added, dynamic: 0 }`, kept(), changing(parts.echo)]);
    const added = await untilTunnel(cli, 'live', (one) => one.forwards.length === 4 && one.state === 'up');
    expect(names(added)).toBe('hook listening, added listening, kept listening, changing listening');
    expect(added.since).toBe(first.since);
    await Promise.all([here.moves(), back.moves()]);

    write('live', [kept(), changing(parts.other), hook(there)]);
    await untilTunnel(cli, 'live', (one) => one.forwards.length === 3 && one.state === 'up');
    expect(await greeting(local)).toBe('hello\n');
    await Promise.all([here.moves(), back.moves()]);

    write('live', [kept(), hook(there)], 'description: less\n');
    const last = await untilTunnel(cli, 'live', (one) => one.forwards.length === 2 && one.state === 'up');
    await expect(dial(local)).rejects.toThrow('ECONNREFUSED');
    await Promise.all([here.moves(), back.moves()]);
    expect(portOf(last, 'kept')).toBe(portOf(first, 'kept'));
    expect(last).toMatchObject({
      reconnects: 0,
      origin: expect.stringContaining('live.yaml'),
      forwards: [{ connections: { open: 1, total: 1 } }, {}],
    });
    expect(last.forwards.map(({ since }) => since)).toEqual([first.forwards[0]?.since, first.forwards[2]?.since]);
    await Promise.all([here.isWhole(), back.isWhole()]);
    const log = (await logOf('live')).filter(({ event }) => event === 'profile-changed').map(({ text }) => text);
    expect(log).toEqual([
      'The profile has changed: added added; kept hook, kept, changing.',
      'The profile has changed: changed changing; removed added; kept kept, hook.',
      'The profile has changed: removed changing; kept kept, hook; set description.',
    ]);
  });

  test('with a mistake changes nothing, and the log says where the mistake is', async () => {
    const { cli } = parts.lab;
    write('wrong', [kept()]);
    expect((await cli.run(['up', 'wrong'])).code).toBe(0);
    const before = await statusOf(cli, 'wrong');
    const here = await traffic(portOf(before, 'kept'));
    write('wrong', ['{ name: kept, local: 99999, to: "db:1" }'], 'holt: 3s\n');
    const told = await until(async () => (await logOf('wrong')).find(({ event }) => event === 'profile-invalid'), { what: 'the mistake' });
    expect(told.text).toMatch(/wrong\.yaml:\d+:\d+ .*\n?.*wrong\.yaml:\d+:1 .*hold/s);
    const ran = await cli.run(['reload', 'wrong']);
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([2, '', expect.stringMatching(/wrong\.yaml:\d+:\d+ /)]);
    await here.moves();
    expect(names(await statusOf(cli, 'wrong'))).toBe(names(before));
    expect((await statusOf(cli, 'wrong')).forwards[0]?.since).toBe(before.forwards[0]?.since);
    rmSync(join(parts.lab.home.tunnelsHome, 'profiles', 'wrong.yaml'));
    await until(async () => (await logOf('wrong')).some(({ event }) => event === 'profile-gone'), { what: 'that the file is gone' });
    await here.isWhole();
    await cli.run(['down', 'wrong']);
  });

  test('in its way there keeps what listens here, and who comes meanwhile is held and not refused', async () => {
    const { cli } = parts.lab;
    const there = await freePort();
    write('way', [kept(), hook(there)]);
    expect((await cli.run(['up', 'way'])).code).toBe(0);
    const before = await statusOf(cli, 'way');
    const port = portOf(before, 'kept');
    parts.lab.profile('way', [kept(), hook(there)], { hops: parts.lab.hops });
    const ran = await cli.run(['reload', 'way', '--json']);
    const whileAway = await dial(port);
    whileAway.write('still here');
    expect(String((await once(whileAway, 'data'))[0])).toBe('still here');
    const after = await untilTunnel(cli, 'way', ({ state, hops }) => state === 'up' && hops.length === 2);
    expect(portOf(after, 'kept')).toBe(port);
    expect([after.forwards[0]?.since, after.reconnects]).toEqual([before.forwards[0]?.since, 0]);
    await (await traffic(there)).moves();
    // The watcher may have been faster than the command.
    const { change } = ran.json<{ tunnels: { change: object | null }[] }>().tunnels[0] ?? {};
    if (change !== null)
      expect(change).toMatchObject({
        hops: 'changed',
        forwards: [
          { name: 'kept', is: 'kept' },
          { name: 'hook', is: 'kept' },
        ],
      });
  });

  test('changes nothing before it is trusted, where others may write it, and is applied by profiles trust', async () => {
    const { cli, home, oneHop } = parts.lab;
    const share = (forwards: readonly string[]): void =>
      void home.write('.tunnels/shared.yaml', `${oneHop}forwards:\n${forwards.map((item) => `  - ${item}\n`).join('')}`);
    share([kept()]);
    expect((await cli.run(['profiles', 'trust', 'shared', '--yes'])).code).toBe(0);
    expect((await cli.run(['up', 'shared'])).code).toBe(0);
    const here = await traffic(portOf(await statusOf(cli, 'shared'), 'kept'));
    share([kept(), '{ name: added, dynamic: 0 }']);
    await until(async () => (await logOf('shared')).some(({ event }) => event === 'change-untrusted'), { what: 'the unseen change' });
    expect((await cli.run(['reload', 'shared'])).code).toBe(4);
    expect(names(await statusOf(cli, 'shared'))).toBe('kept listening');
    const trusted = await cli.run(['profiles', 'trust', 'shared', '--yes']);
    expect([trusted.code, trusted.stderr]).toEqual([0, expect.stringContaining('The tunnel shared: added added; kept kept.')]);
    expect(names(await untilTunnel(cli, 'shared', ({ state }) => state === 'up'))).toBe('kept listening, added listening');
    await here.isWhole();
  });

  test('is applied by up and by restart too, and reload says what there is to be said', async () => {
    const { cli } = parts.lab;
    write('asked', [kept()]);
    expect((await cli.run(['up', 'asked'])).code).toBe(0);
    const here = await traffic(portOf(await statusOf(cli, 'asked'), 'kept'));
    write('asked', [kept(), '{ name: added, dynamic: 0 }']);
    const up = await cli.run(['up', 'asked']);
    expect([up.code, up.stdout]).toEqual([0, expect.stringContaining('added')]);
    await here.isWhole();
    const same = await cli.run(['reload', '--all']);
    expect([same.code, same.stdout]).toEqual([0, '']);
    expect(same.stderr).toContain('asked: nothing has changed');
    write('asked', [kept()]);
    const restarted = await cli.run(['restart', 'asked']);
    expect([restarted.code, restarted.stdout]).toEqual([0, expect.not.stringContaining('added')]);
    expect((await cli.run(['reload'])).code).toBe(2);
    expect((await cli.run(['reload', 'askd'])).stderr).toContain('asked');
  });
});
