import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { knock, type Tuple } from '../../../../src/ssh/links/knock.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { freePort } from '../../../support/free-port.ts';
import { makeNetwork, type Network } from '../../../support/namespaces.ts';
import { isRoot } from '../../../support/run.ts';
import { tempDir } from '../../../support/temp-home.ts';
import { until } from '../../../support/until.ts';
import { atEnd, bindOne, given, identityOf, logIn, makePlace, makeRelay } from './support.ts';

let program = '';
beforeAll(async () => {
  program = join(tempDir(), 'knock.mjs');
  await build({ entryPoints: ['src/ssh/links/knock.ts'], bundle: true, platform: 'node', format: 'esm', outfile: program });
});

/** Knocks from the client's namespace, where the dead connection came from. */
async function knockFrom(network: Network, tuple: Tuple): Promise<{ knocked: string; ms: number }> {
  const clock = '{ after: (ms, wake) => { const timer = setTimeout(wake, ms); return () => clearTimeout(timer); } }';
  const code = `const { knock } = await import(${JSON.stringify(program)});
    const began = performance.now();
    const knocked = await knock(${JSON.stringify(tuple)}, { clock: ${clock}, signal: new AbortController().signal });
    console.log(JSON.stringify({ knocked, ms: Math.round(performance.now() - began) }));`;
  const { stdout } = await network.exec('client', [process.execPath, '--input-type=module', '-e', code]);
  return JSON.parse(stdout) as { knocked: string; ms: number };
}

/** A session that holds a port, whose client ended while nothing passed, so that the server knows nothing of it. */
async function staleSession() {
  const network = await makeNetwork();
  atEnd(() => network.dispose());
  const place = await makePlace({ netns: network.names.server, listen: network.addresses.server });
  const relay = await makeRelay(place.sshd, { netns: network.names.client });
  const link = await logIn(place, { over: relay });
  const port = await bindOne(link);
  const { client } = await identityOf(link);
  // What the server sends again later would be answered with a reset. The end of the channel is the last that it says by
  // itself; what answers after that has come after it.
  await place.sshd.waitForLog(/free: server-session/);
  await link.ping();
  const unanswered = async () => (await network.exec('server', ['ss', '-tnH', `dport = :${client.port}`])).stdout.split(/ +/)[2];
  await until(async () => (await unanswered()) === '0', { what: 'the server to be silent' });
  await network.cut();
  await relay.reset();
  const rows = async () => (await network.exec('server', ['ss', '-ltnH', `sport = :${port}`])).stdout;
  const tuple: Tuple = { local: client, remote: { host: place.sshd.host, port: place.sshd.port } };
  return { network, tuple, rows, port };
}

describe.runIf(isRoot)('behind a network that lost a connection', () => {
  test('a knock from the same port frees what the stale session holds', async () => {
    const { network, tuple, rows, port } = await staleSession();
    await network.restore();
    expect(await rows()).toContain(`:${port}`);
    expect((await knockFrom(network, tuple)).knocked).toBe('connected');
    await until(async () => (await rows()) === '', { what: 'the port to be free' });
  });

  test('a knock into a flow that stays black-holed ends without an answer, and frees nothing', async () => {
    const { network, tuple, rows, port } = await staleSession();
    await network.dropFlow({ clientPort: tuple.local.port });
    expect((await knockFrom(network, tuple)).knocked).toBe('no-answer');
    expect(await rows()).toContain(`:${port}`);
  });
});

describe('a knock', () => {
  const there = async (): Promise<number> => {
    const server = createServer((socket) => void socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(server, 'listening');
    atEnd(() => server.close());
    return (server.address() as { port: number }).port;
  };
  const local = async (port?: number) => ({ host: '127.0.0.1', port: port ?? (await freePort()) });

  test('leaves its port to whoever connects next', async () => {
    const tuple = { local: await local(), remote: await local(await there()) };
    for (let i = 0; i < 3; i++) expect(await knock(tuple, given)).toBe('connected');
  });

  test('says so when nobody listens', async () => {
    expect(await knock({ local: await local(), remote: await local() }, given)).toBe('refused');
  });

  test('is not possible from a port that is in use or an address that is not ours', async () => {
    const [used, port] = [await there(), await there()];
    expect(await knock({ local: await local(used), remote: await local(port) }, given)).toBe('not-possible');
    expect(await knock({ local: { host: '192.0.2.1', port: used }, remote: await local(port) }, given)).toBe('not-possible');
  });

  test('is given up when it is called off', async () => {
    const tuple = { local: await local(), remote: await local(await there()) };
    expect(await knock(tuple, { ...given, signal: AbortSignal.abort() })).toBe('no-answer');
    const abort = new AbortController();
    const knocking = knock(tuple, { clock: fakeClock(), signal: abort.signal });
    abort.abort();
    expect(await knocking).toBe('no-answer');
  });
});
