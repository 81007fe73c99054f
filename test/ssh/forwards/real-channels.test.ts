import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Client } from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOOPBACK, type TcpAddress } from '../../../src/model/address.ts';
import { ProblemError, problem } from '../../../src/model/problem.ts';
import { listenHere } from '../../../src/ssh/forwards/listen-here.ts';
import { listenThere } from '../../../src/ssh/forwards/listen-there.ts';
import { reachThrough } from '../../../src/ssh/forwards/reach.ts';
import type { Link } from '../../../src/ssh/types.ts';
import { makeKey } from '../../support/keys.ts';
import { run } from '../../support/run.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { atEnd, dial, gather, portOf, refused, service, settles, target } from './support.ts';

let sshd: Sshd;
let key: string;
beforeAll(async () => {
  sshd = await startSshd();
  const made = await makeKey(tempDir());
  sshd.authorize(made.publicLine);
  key = readFileSync(made.path, 'utf8');
});
afterAll(() => sshd.stop());

const any = { host: LOOPBACK, port: 0 };
const sha = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
const BIG = randomBytes(50_000_000);

/** The least that a forward needs of a link, over a bare client. */
async function linkTo(server: Sshd): Promise<{ link: Pick<Link, 'open' | 'listen' | 'lost' | 'hop'>; client: Client }> {
  const client = new Client();
  client.on('error', () => undefined);
  const lost = once(client, 'close').then(() => problem('link-closed', { host: server.host }));
  client.connect({ host: server.host, port: server.port, username: server.user, privateKey: key, hostVerifier: () => true });
  await once(client, 'ready');
  atEnd(() => client.destroy());
  const open = (to: TcpAddress): Promise<Duplex> =>
    new Promise((resolve, reject) => {
      const failed = new ProblemError(problem('target-refused', { to: `${to.port}`, from: server.host }));
      client.forwardOut(LOOPBACK, 1, to.host, to.port, (error, channel) => (error ? reject(failed) : resolve(channel)));
    });
  const listen: Link['listen'] = async (at, onOffer) => {
    const { host, port } = at as TcpAddress;
    client.on('tcp connection', (info, accept, reject) =>
      onOffer({ origin: { host: info.srcIP, port: info.srcPort }, accept: () => accept(), reject: () => reject() }),
    );
    const real = await new Promise<number>((resolve, reject) =>
      client.forwardIn(host, port, (error, bound) => (error ? reject(error) : resolve(bound || port))),
    );
    return { address: { host, port: real }, close: () => new Promise((resolve) => client.unforwardIn(host, real, () => resolve())) };
  };
  return { link: { open: open as Link['open'], listen, lost, hop: { host: server.host } as Link['hop'] }, client };
}

async function local(serve: (socket: Socket) => void) {
  const { link, client } = await linkTo(sshd);
  const { port } = await target(serve);
  const made = service(any, { to: { host: LOOPBACK, port }, reach: reachThrough(link) });
  const listener = await listenHere(made);
  atEnd(() => listener.close(0));
  return { made, client, port, listener, dial: () => dial(listener.address) };
}

async function remote(serve: (socket: Socket) => void, options: { socks?: boolean; port?: number } = {}) {
  const { link, client } = await linkTo(sshd);
  const { port } = await target(serve);
  const made = service(any, options.socks ? {} : { to: { host: LOOPBACK, port: options.port ?? port } });
  const listener = await listenThere(link, made);
  return { made, client, port, listener, dial: () => dial(listener.address) };
}

describe.each([
  ['from here to a hop', local],
  ['from a hop to here', remote],
])('through a real sshd, %s', (_, open) => {
  test('half-closes pass: an upload ends, then its answer comes', async () => {
    const way = await open((socket) => void gather(socket).then(({ data }) => socket.end(sha(data))));
    const client = await way.dial();
    client.end(BIG);
    expect(await gather(client)).toMatchObject({ data: Buffer.from(sha(BIG)), how: 'end' });
    await settles(() => way.made.meter.open === 0, 'the books to close');
    expect(way.made.meter).toMatchObject({ sent: BIG.length, received: 64, failed: 0 });
  });

  test('a download arrives whole though its sender ends and goes at once', async () => {
    const way = await open((socket) => socket.end(BIG, () => socket.destroy()));
    const { data, how } = await gather(await way.dial());
    expect([sha(data), how]).toEqual([sha(BIG), 'end']);
  });

  test('a client that ended already still gets its whole download', async () => {
    const way = await open((socket) => void gather(socket).then(() => socket.end(BIG)));
    const client = await way.dial();
    client.end();
    const { data, how } = await gather(client);
    expect([sha(data), how]).toEqual([sha(BIG), 'end']);
  });

  test('a few bytes sent before an immediate end are not lost', async () => {
    const way = await open((socket) => socket.end('bye'));
    const all = await Promise.all(Array.from({ length: 20 }, async () => gather(await way.dial())));
    expect(all.every(({ data, how }) => data.toString() === 'bye' && how === 'end')).toBe(true);
  });

  test('both directions carry 50 MB at once', async () => {
    const way = await open((socket) => void socket.pipe(socket));
    const client = await way.dial();
    client.end(BIG);
    const { data, how } = await gather(client);
    expect([sha(data), how]).toEqual([sha(BIG), 'end']);
  });
});

describe('when the link dies', () => {
  test('the client of a local forward is reset, idle or in the midst of a download', async () => {
    for (const serve of [() => undefined, (socket: Socket): void => void socket.write(BIG)]) {
      const way = await local(serve);
      const client = await way.dial();
      const end = gather(client);
      client.write('a');
      await settles(() => way.made.meter.sent === 1, 'the connection to be joined');
      way.client.destroy();
      expect((await end).how).toBe('reset');
      await settles(() => way.made.meter.open === 0, 'the books to close');
    }
  });

  test('the target of a remote forward is reset, and nobody is left over', async () => {
    const ended: string[] = [];
    const way = await remote((socket) => void gather(socket).then(({ how }) => ended.push(how)));
    (await way.dial()).write('a');
    await settles(() => way.made.meter.sent === 1, 'the connection to be joined');
    way.client.destroy();
    await settles(() => ended.length === 1 && way.made.meter.open === 0, 'the target to be told');
    expect(ended).toEqual(['reset']);
  });

  test('the killed session of a server looks the same', async () => {
    const own = await startSshd();
    atEnd(() => own.stop());
    const made = await makeKey(tempDir());
    own.authorize(made.publicLine);
    key = readFileSync(made.path, 'utf8');
    sshd.authorize(made.publicLine);
    const { link } = await linkTo(own);
    const { port } = await target((socket) => void socket.write('x'));
    const listener = await listenHere(service(any, { to: { host: LOOPBACK, port }, reach: reachThrough(link) }));
    atEnd(() => listener.close(0));
    const client = await dial(listener.address);
    const end = gather(client);
    await once(client, 'data');
    own.killSession();
    expect(await end).toMatchObject({ data: Buffer.from('x'), how: 'reset' });
  });
});

describe('a remote forward', () => {
  test('closes the far client where the target refuses, and counts it', async () => {
    const gone = await target(() => undefined);
    gone.server.close();
    const way = await remote(() => undefined, { port: gone.port });
    const client = await way.dial();
    const { data } = await gather(client);
    expect(data.length).toBe(0);
    expect(way.made.failures.map((p) => p.code)).toEqual(['target-refused']);
  });

  test('frees its port before its close is done, and drains', async () => {
    const way = await remote((socket) => void socket.pipe(socket));
    const client = await way.dial();
    client.write('a');
    await once(client, 'data');
    const closed = way.listener.close(60_000);
    await settles(() => way.made.meter.open === 1, 'the connection to stay');
    client.end('b');
    expect((await gather(client)).data.toString()).toBe('b');
    await closed;
    expect(await refused(way.listener.address)).toBe(true);
  });

  test('drops what does not end by the deadline', async () => {
    const way = await remote(() => undefined);
    const client = await way.dial();
    await settles(() => way.made.meter.open === 1, 'the connection');
    const end = gather(client);
    await way.listener.close(0);
    await end;
    expect(way.made.meter).toMatchObject({ open: 0, failed: 0 });
  });

  test('without a target is a SOCKS proxy on the hop', async () => {
    const way = await remote((socket) => void gather(socket), { socks: true });
    const web = await target((socket) => void socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\npage')));
    for (const flag of ['--socks4', '--socks5-hostname']) {
      const ran = await run('curl', ['-sS', '-4', flag, `127.0.0.1:${portOf(way.listener.address)}`, `http://127.0.0.1:${web.port}/`]);
      expect(ran).toMatchObject({ code: 0, stdout: 'page' });
    }
  });
});
