import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type BoundVerdict, judgeBound } from '../../../../src/decide/judge-bound.ts';
import { systemClock } from '../../../../src/platform/clock.ts';
import { BindingTest } from '../../../../src/ssh/recovery/steps/binding-test.ts';
import { lookAtBound } from '../../../../src/ssh/recovery/steps/verify-binding.ts';
import { AccountMemory } from '../../../../src/ssh/remote/account-memory.ts';
import type { LiveLink } from '../../../../src/ssh/session/live-link.ts';
import { background } from '../../../support/child.ts';
import { freePort } from '../../../support/free-port.ts';
import { isRoot } from '../../../support/run.ts';
import { atEnd, given, logIn, makePlace } from './support.ts';

const look = (link: LiveLink, bound: { host: string; port: number }, deaf: string[] = []) =>
  lookAtBound(link, bound, { ...given, accounts: new AccountMemory({ clock: systemClock }), deaf });

/** Binds, looks, and judges. */
async function verdictOf(link: LiveLink, asked: { host: string; port: number }, deaf: string[] = []): Promise<BoundVerdict | null> {
  const { address } = await link.tryListen(asked);
  const seen = await look(link, address as typeof asked, deaf);
  return seen && judgeBound({ asked, ...seen });
}

async function listenHere(host: string, port: number, serve: (socket: Socket) => void = () => {}): Promise<void> {
  const server = createServer((socket) => serve(socket.on('error', () => {}))).listen({ host, port });
  await once(server, 'listening');
  atEnd(() => server.close());
}

describe.runIf(isRoot).each([
  ['a shell', '/bin/sh'],
  ['SFTP alone', '/usr/sbin/nologin'],
])('with %s', (_, shell) => {
  test.each<[string, string, BoundVerdict]>([
    ['no', '127.0.0.1', { is: 'as-asked', bound: ['127.0.0.1'] }],
    ['no', 'localhost', { is: 'as-asked', bound: ['127.0.0.1', '::1'] }],
    ['no', '*', { is: 'narrowed', bound: ['127.0.0.1', '::1'] }],
    ['yes', '127.0.0.1', { is: 'widened', bound: ['0.0.0.0', '::'] }],
    ['yes', '*', { is: 'as-asked', bound: ['0.0.0.0', '::'] }],
    ['clientspecified', '::1', { is: 'as-asked', bound: ['::1'] }],
  ])('GatewayPorts %s and %s: what listens is seen', async (gateway, host, expected) => {
    const place = await makePlace({ shell, config: [`GatewayPorts ${gateway}`] });
    expect(await verdictOf(await logIn(place), { host, port: await freePort() })).toEqual(expected);
  });

  test('a family that another user has is missing, and its holder is named', async () => {
    const place = await makePlace({ shell });
    const port = await freePort();
    await listenHere('127.0.0.1', port);
    const expected = { is: 'half', bound: ['::1'], missing: ['127.0.0.1'], holder: 0 };
    expect(await verdictOf(await logIn(place), { host: 'localhost', port })).toEqual(expected);
  });

  test('a family that an older session of our own has is missing once it was found deaf', async () => {
    const place = await makePlace({ shell });
    const port = await freePort();
    const old = await logIn(place);
    await old.tryListen({ host: '127.0.0.1', port });
    const link = await logIn(place);
    const expected = { is: 'half', bound: ['::1'], missing: ['127.0.0.1'], holder: place.user.uid };
    expect(await verdictOf(link, { host: 'localhost', port }, ['127.0.0.1'])).toEqual(expected);
  });
});

describe.runIf(isRoot)('on a real sshd', () => {
  test('a program of our own user is not taken for the binding', async () => {
    const place = await makePlace();
    const port = await freePort();
    const { uid, gid } = place.user;
    const code = `require('node:net').createServer().listen(${port}, '127.0.0.1', () => console.log('listens'))`;
    const program = background(process.execPath, ['-e', code], { uid, gid, cwd: '/' });
    atEnd(() => program.stop('SIGKILL'));
    await program.waitFor(/listens/);
    const expected = { is: 'half', bound: ['::1'], missing: ['127.0.0.1'], holder: uid };
    expect(await verdictOf(await logIn(place), { host: 'localhost', port })).toEqual(expected);
  });

  test('where nothing can be read, only what the server itself says is told', async () => {
    const place = await makePlace({ config: ['GatewayPorts yes', 'ForceCommand /bin/false'] });
    const link = await logIn(place);
    expect(await verdictOf(link, { host: '127.0.0.1', port: await freePort() })).toEqual({ is: 'widened', bound: ['0.0.0.0', '::'] });
    expect(await verdictOf(link, { host: '*', port: await freePort() })).toBeNull();
    expect(await lookAtBound(link, { path: '/x' }, { ...given, accounts: new AccountMemory({ clock: systemClock }) })).toBeNull();
  });

  test('a binding is proven ours for each family, one held by another is deaf, and an empty one nobody hears', async () => {
    const place = await makePlace();
    const link = await logIn(place);
    const port = await freePort();
    const both = new BindingTest((offer) => offer.reject());
    await link.listen({ host: 'localhost', port }, both.onOffer);
    for (const host of ['127.0.0.1', '::1']) expect(await both.run(link, { host, port }, given)).toBe('ours');
    const other = await freePort();
    await listenHere('127.0.0.1', other);
    const half = new BindingTest((offer) => offer.reject());
    await link.listen({ host: 'localhost', port: other }, half.onOffer);
    expect(await half.run(link, { host: '127.0.0.1', port: other }, given)).toBe('deaf');
    expect(await half.run(link, { host: '::1', port: other }, given)).toBe('ours');
    expect(await half.run(link, { host: '127.0.0.1', port: await freePort() }, given)).toBe('nothing-listens');
  });

  test('it is unknown where the server lets nobody through, and where the link is lost', async () => {
    const place = await makePlace({ config: ['AllowTcpForwarding remote'] });
    const link = await logIn(place);
    const at = { host: '127.0.0.1', port: await freePort() };
    const made = new BindingTest((offer) => offer.reject());
    await link.listen(at, made.onOffer);
    expect(await made.run(link, at, given)).toBe('unknown');
    link.abandon({ code: 'asked-down', facts: {} });
    expect(await made.run(link, at, given)).toBe('unknown');
  });

  test('users who come during a test are served, whether they speak first or not', async () => {
    const place = await makePlace();
    const link = await logIn(place);
    const at = { host: '127.0.0.1', port: await freePort() };
    const made = new BindingTest((offer) => {
      const channel = offer.accept();
      channel.pipe(channel);
      channel.write('hello ');
    });
    await link.listen(at, made.onOffer);
    // The server is asked by nobody, so the test lasts until it is called off.
    const abort = new AbortController();
    const asked = new Promise<never>(() => {});
    const testing = made.run({ openRaw: () => asked }, at, { ...given, signal: abort.signal });
    const come = (): Socket => {
      const socket = connect(at);
      atEnd(() => socket.destroy());
      return socket;
    };
    const [speaker, listener] = [come(), come()];
    speaker.write('first');
    const heard = async (socket: Socket, text: string) => {
      let all = '';
      for await (const chunk of socket) if ((all += String(chunk)) === text) return all;
      return all;
    };
    expect(await heard(speaker, 'hello first')).toBe('hello first');
    abort.abort(new Error('down'));
    await expect(testing).rejects.toThrow('down');
    expect(await heard(listener, 'hello ')).toBe('hello ');
    expect(await heard(come(), 'hello ')).toBe('hello ');
  });
});
