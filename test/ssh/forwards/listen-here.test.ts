import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type Address, LOOPBACK } from '../../../src/model/address.ts';
import { ProblemError, problem } from '../../../src/model/problem.ts';
import { listenHere } from '../../../src/ssh/forwards/listen-here.ts';
import type { StopSignal } from '../../../src/platform/stopper.ts';
import type { Reach } from '../../../src/ssh/types.ts';
import { background } from '../../support/child.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { isFree } from '../../support/free-port.ts';
import { run } from '../../support/run.ts';
import { tempDir } from '../../support/temp-home.ts';
import { atEnd, dial, gather, openHandles, portOf, refused, service, settles, target, type TestService } from './support.ts';

const any = { host: LOOPBACK, port: 0 };
const echo = (socket: Socket): void => void socket.pipe(socket);

async function listening(made: TestService, given: Parameters<typeof listenHere>[1] = {}) {
  const listener = await listenHere(made, given);
  atEnd(() => listener.close(0));
  return listener;
}
const codeOf = (doing: Promise<unknown>): Promise<unknown> =>
  doing.then(
    () => 'done',
    (error: unknown) => (error instanceof ProblemError ? error.problem : error),
  );

describe('a local forward', () => {
  test('carries a half-close: the answer comes after the client has ended', async () => {
    const { port } = await target((socket) => void gather(socket).then(({ data }) => socket.end(`got ${data.toString()}`)));
    const made = service(any, { to: { host: LOOPBACK, port } });
    const client = await dial((await listening(made)).address);
    client.end('question');
    expect(await gather(client)).toMatchObject({ data: Buffer.from('got question'), how: 'end' });
    await settles(() => made.meter.open === 0, 'the books to close');
    expect(made.meter).toMatchObject({ total: 1, failed: 0, sent: 8, received: 12, changes: [1, 0] });
  });

  test('answers a client that ends without a word', async () => {
    const { port } = await target((socket) => socket.end('banner'));
    const client = await dial((await listening(service(any, { to: { host: LOOPBACK, port } }))).address);
    client.end();
    expect(await gather(client)).toMatchObject({ data: Buffer.from('banner'), how: 'end' });
  });

  test('passes a reset of the target on as a reset', async () => {
    const { port } = await target((socket) => {
      socket.write('half');
      socket.once('data', () => socket.resetAndDestroy());
    });
    const client = await dial((await listening(service(any, { to: { host: LOOPBACK, port } }))).address);
    await once(client, 'readable');
    client.write('go');
    expect((await gather(client)).how).toBe('reset');
  });

  test('passes a reset of the client on as a reset', async () => {
    const seen: unknown[] = [];
    const { port, sockets } = await target((socket) => void gather(socket).then(({ how }) => seen.push(how)));
    const client = await dial((await listening(service(any, { to: { host: LOOPBACK, port } }))).address);
    await settles(() => sockets.size === 1, 'the target');
    client.resetAndDestroy();
    await settles(() => seen.length === 1, 'the end');
    expect(seen).toEqual(['reset']);
  });

  test('never passes an upload that was broken off on as a whole one', async () => {
    for (let round = 0; round < 10; round += 1) {
      let finished = false;
      const sink = new Duplex({
        read: () => undefined,
        write: (_c, _e, done) => setImmediate(done),
        final: (done) => ((finished = true), done()),
      });
      const made = service(any, { to: { host: 'x', port: 1 }, reach: () => Promise.resolve(sink) });
      const client = await dial((await listening(made)).address);
      client.write(Buffer.alloc(5_000_000));
      await settles(() => made.meter.sent > 0, 'the upload to begin');
      client.resetAndDestroy();
      await settles(() => made.meter.open === 0, 'the books to close');
      expect([sink.destroyed, finished]).toEqual([true, false]);
    }
  });

  test('resets the client and says why when the target refuses; the listener goes on', async () => {
    const gone = await target(echo);
    gone.server.close();
    const made = service(any, { to: { host: LOOPBACK, port: gone.port } });
    const { address } = await listening(made);
    for (const total of [1, 2]) {
      expect((await gather(await dial(address))).how).toBe('reset');
      await settles(() => made.failures.length === total, 'the failure');
    }
    expect(made.failures[0]?.code).toBe('target-refused');
    expect(made.meter).toMatchObject({ total: 2, failed: 2, open: 0 });
  });

  test('holds a client, with all it sent, until the target can be reached', async () => {
    const { port } = await target(echo);
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const { reachHere } = await import('../../../src/ssh/forwards/reach-here.ts');
    const reach: Reach = async (...args) => (await gate, reachHere(...args));
    const made = service(any, { to: { host: LOOPBACK, port }, reach });
    const client = await dial((await listening(made)).address);
    client.end('early');
    await settles(() => made.meter.open === 1, 'the client to be held');
    open();
    expect(await gather(client)).toMatchObject({ data: Buffer.from('early'), how: 'end' });
  });

  const held = async (clock = fakeClock()) => {
    const signals: StopSignal[] = [];
    const reach: Reach = (_to, _origin, signal) => (signals.push(signal), new Promise(() => undefined));
    const made = service(any, { to: { host: 'x', port: 1 }, reach });
    const listener = await listening(made, { clock });
    const client = await dial(listener.address);
    await settles(() => signals.length === 1, 'the client to be held');
    return { made, listener, client, clock, signal: signals[0]! };
  };

  test('lets go of a held client that breaks off', async () => {
    const { made, client, signal } = await held();
    client.resetAndDestroy();
    await settles(() => made.meter.open === 0, 'the client to be dropped');
    expect(signal.aborted).toBe(true);
    expect(made.failures).toEqual([]);
  });

  test('lets go of a held client that left without a word, after a moment of doubt', async () => {
    const { made, client, clock, signal } = await held();
    client.destroy();
    await settles(() => clock.pending().length === 1, 'the end to be seen');
    expect(signal.aborted).toBe(false);
    await clock.advance(2_000);
    expect(signal.aborted).toBe(true);
    await settles(() => made.meter.open === 0, 'the client to be dropped');
  });

  test('lets go of a target that is reached after the client left', async () => {
    let arrive = (_: Duplex): void => undefined;
    const reach: Reach = () => new Promise((resolve) => (arrive = resolve));
    const made = service(any, { to: { host: 'x', port: 1 }, reach });
    const client = await dial((await listening(made)).address);
    await settles(() => made.meter.open === 1, 'the client');
    client.resetAndDestroy();
    await settles(() => made.meter.open === 0, 'the client to be dropped');
    const late = new Duplex({ read: () => undefined, write: (_c, _e, done) => done() });
    arrive(late);
    await once(late, 'close');
    expect(late.destroyed).toBe(true);
  });

  test('drops held clients at once when it closes, however long the drain', async () => {
    const { made, listener, client, signal } = await held();
    const how = gather(client);
    await listener.close(60_000);
    expect(signal.aborted).toBe(true);
    expect((await how).how).toBe('reset');
    expect(made.meter).toMatchObject({ open: 0, failed: 0 });
  });

  test('survives a flood of clients that break off at every moment, and leaks nothing', async () => {
    const { port, sockets } = await target(echo);
    const before = openHandles();
    const made = service(any, { to: { host: LOOPBACK, port } });
    const listener = await listenHere(made);
    await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const client = await dial(listener.address);
        if (i % 4 === 0) return client.resetAndDestroy();
        client.write('x'.repeat(i * 100));
        if (i % 4 === 1) return client.destroy();
        if (i % 4 === 2) return client.resetAndDestroy();
        client.end();
        return gather(client).then(() => client.destroy());
      }),
    );
    await listener.close(5_000);
    expect(made.meter).toMatchObject({ open: 0, failed: 0 });
    await settles(() => sockets.size === 0 && openHandles() <= before, 'every socket to be closed');
  });
});

describe('closing a listener', () => {
  test('refuses new connections at once, drains the open ones, and frees the port', async () => {
    const { port } = await target(echo);
    const made = service(any, { to: { host: LOOPBACK, port } });
    const { address, close } = await listening(made);
    const client = await dial(address);
    client.write('a');
    await once(client, 'data');
    const closed = close(60_000);
    expect(await refused(address)).toBe(true);
    const again = await listening(service(address, { to: { host: LOOPBACK, port } }));
    expect(again.address).toEqual(address);
    client.end('b');
    expect((await gather(client)).data.toString()).toBe('b');
    await closed;
  });

  test('resets what is still open at the deadline, also a client that does not read', async () => {
    const clock = fakeClock();
    const { port } = await target((socket) => void socket.write(Buffer.alloc(20_000_000)));
    const made = service(any, { to: { host: LOOPBACK, port } });
    const listener = await listening(made, { clock });
    const stuck = await dial(listener.address);
    await settles(() => made.meter.received > 0, 'the data');
    const closed = listener.close(3_000);
    await clock.advance(2_999);
    expect(made.meter.open).toBe(1);
    await clock.advance(1);
    await closed;
    expect(made.meter.open).toBe(0);
    expect((await gather(stuck)).data.length).toBeLessThan(20_000_000);
    await listener.close(0);
  });

  test('keeps little in memory for a client that does not read', async () => {
    let taken = 0;
    const { port } = await target((socket) => {
      const more = (): void => {
        while (taken < 200_000_000 && socket.write(Buffer.alloc(65_536))) taken += 65_536;
      };
      socket.on('drain', more);
      more();
    });
    const made = service(any, { to: { host: LOOPBACK, port } });
    await dial((await listening(made)).address);
    let last = -1;
    await settles(() => made.meter.received > 0 && last === (last = made.meter.received), 'the flow to stop');
    expect(made.meter.received).toBeLessThan(20_000_000);
  });
});

describe('where it listens', () => {
  const to = { host: LOOPBACK, port: 1 };
  const heldBy = async (listen: Address): Promise<unknown> => codeOf(listening(service(listen, { to })));

  test('localhost is 127.0.0.1 and ::1 at one port', async () => {
    const { port } = await target(echo);
    const { address } = await listening(service({ host: 'localhost', port: 0 }, { to: { host: LOOPBACK, port } }));
    for (const host of ['127.0.0.1', '::1']) {
      const client = await dial(address, { host });
      client.end(host);
      expect((await gather(client)).data.toString()).toBe(host);
    }
  });

  test('localhost is refused, and nothing left bound, where 127.0.0.1 is held', async () => {
    const { port } = await target(echo);
    expect(await heldBy({ host: 'localhost', port })).toMatchObject({ code: 'binding-held' });
    expect(await isFree(port, '::1')).toBe(true);
  });

  test('localhost without ::1 says so, and takes the rest once it is free', async () => {
    const other = await target(echo, { host: '::1' });
    const near = await target(echo);
    const listener = await listening(service({ host: 'localhost', port: other.port }, { to: { host: LOOPBACK, port: near.port } }));
    expect(listener.half).toMatchObject({ bound: { host: LOOPBACK, port: other.port }, missing: { host: '::1', port: other.port } });
    expect(await listener.half?.complete()).toBe(false);
    other.server.close();
    await once(other.server, 'close');
    expect(await listener.half?.complete()).toBe(true);
    const client = await dial(listener.address, { host: '::1' });
    client.end('both');
    expect((await gather(client)).data.toString()).toBe('both');
    await listener.close(0);
    expect(await isFree(other.port, '::1')).toBe(true);
  });

  test('a closed listener never takes the rest of localhost', async () => {
    const other = await target(echo, { host: '::1' });
    const listener = await listening(service({ host: 'localhost', port: other.port }, { to }));
    await listener.close(0);
    other.server.close();
    await once(other.server, 'close');
    expect(await listener.half?.complete()).toBe(false);
    expect(await isFree(other.port, '::1')).toBe(true);
  });

  test('* takes both families, [::1] only its own', async () => {
    const { port } = await target((socket) => socket.end('x'));
    const everywhere = await listening(service({ host: '*', port: 0 }, { to: { host: LOOPBACK, port } }));
    for (const host of ['127.0.0.1', '::1']) expect((await gather(await dial(everywhere.address, { host }))).data.toString()).toBe('x');
    const v6 = await listening(service({ host: '::1', port: 0 }, { to }));
    expect(await refused({ host: LOOPBACK, port: portOf(v6.address) })).toBe(true);
  });

  test('a port in use names its holder', async () => {
    const script = `require('net').createServer().listen(0,'127.0.0.1',function(){console.log('at '+this.address().port+';')})`;
    const other = background(process.execPath, ['-e', script]);
    atEnd(() => other.stop());
    const port = Number((await other.waitFor(/at (\d+);/))[1]);
    const found = await heldBy({ host: LOOPBACK, port });
    expect(found).toEqual(problem('binding-held', { listen: `127.0.0.1:${port}`, on: 'this machine', holder: `pid ${other.pid} (node)` }));
  });

  test('an address of another machine and a name that does not exist are told', async () => {
    expect(await heldBy({ host: '192.0.2.1', port: 0 })).toMatchObject({ code: 'bind-bad-address', facts: { code: 'EADDRNOTAVAIL' } });
    expect(['bind-bad-address', 'bind-failed']).toContain(((await heldBy({ host: 'no.such.invalid', port: 0 })) as { code: string }).code);
  });

  test('an abort before it listens leaves nothing bound', async () => {
    const reason = new Error('over');
    expect(await codeOf(listenHere(service(any, { to }), { signal: AbortSignal.abort(reason) }))).toBe(reason);
    const stop = new AbortController();
    const at = { path: join(tempDir(), 's') };
    const pending = codeOf(listenHere(service(at, { to }), { signal: stop.signal }));
    stop.abort(reason);
    expect(await pending).toBe(reason);
    expect(existsSync(at.path)).toBe(false);
  });
});

describe('a Unix socket', () => {
  const fresh = (): { path: string } => ({ path: join(tempDir(), 's') });
  const to = { host: LOOPBACK, port: 1 };

  test('serves its owner alone and is gone after the close', async () => {
    const { port } = await target(echo);
    const at = fresh();
    const { address, close } = await listening(service(at, { to: { host: LOOPBACK, port } }));
    expect(address).toEqual(at);
    expect(lstatSync(at.path).mode & 0o777).toBe(0o600);
    const client = await dial(at);
    client.end('hi');
    expect((await gather(client)).data.toString()).toBe('hi');
    await close(0);
    expect(existsSync(at.path)).toBe(false);
  });

  test('takes over the file of a dead process of ours', async () => {
    const at = fresh();
    await run(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(at.path)},()=>process.kill(process.pid,'SIGKILL'))`,
    ]);
    expect(lstatSync(at.path).isSocket()).toBe(true);
    expect((await listening(service(at, { to }))).address).toEqual(at);
  });

  test('leaves a live socket, a plain file and a missing folder as they are', async () => {
    const live = fresh();
    await target((socket) => socket.end('alive'), live);
    expect(await codeOf(listenHere(service(live, { to })))).toMatchObject({ code: 'binding-held' });
    expect((await gather(await dial(live))).data.toString()).toBe('alive');
    const file = fresh();
    writeFileSync(file.path, 'precious');
    expect(await codeOf(listenHere(service(file, { to })))).toMatchObject({
      code: 'binding-held',
      facts: { holder: 'a file that is not a socket' },
    });
    expect(lstatSync(file.path).size).toBe(8);
    expect(await codeOf(listenHere(service({ path: '/no/such/folder/s' }, { to })))).toMatchObject({
      code: 'bind-bad-address',
      facts: { code: 'ENOENT' },
    });
  });

  test('says so when the path is too long, and binds nothing shorter', async () => {
    const dir = tempDir();
    const at = { path: join(dir, 'x'.repeat(120)) };
    expect(await codeOf(listenHere(service(at, { to })))).toMatchObject({ code: 'bind-path-too-long' });
  });

  test("does not remove another's socket that took its place", async () => {
    const at = fresh();
    const listener = await listening(service(at, { to }));
    renameSync(at.path, `${at.path}.moved`);
    const other = createServer((socket) => socket.end('other')).listen(at.path);
    atEnd(() => other.close());
    await once(other, 'listening');
    chmodSync(at.path, 0o600);
    await listener.close(0);
    expect((await gather(await dial(at))).data.toString()).toBe('other');
  });
});
