import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { type Network, makeNetwork } from './namespaces.ts';
import { isRoot, run } from './run.ts';
import { startSshd } from './sshd.ts';

const networks: Network[] = [];
afterEach(() => {
  for (const network of networks.splice(0)) network.dispose();
});

async function network(): Promise<Network> {
  const made = await makeNetwork();
  networks.push(made);
  return made;
}

/** Connects from the client and prints who the server sees, or the error's code after a second of silence. */
const knock = `
  const socket = require('net').connect({ port: +process.argv[2], host: process.argv[1], timeout: 1000 });
  socket.on('timeout', () => socket.destroy(Object.assign(new Error(), { code: 'SILENCE' })));
  socket.on('error', (error) => console.log(error.code));
  socket.on('data', (text) => { console.log(String(text)); socket.end(); });`;

const greeter = `
  const server = require('net').createServer((socket) => { socket.on('error', () => {}); socket.end(socket.remoteAddress); });
  server.listen({ port: +process.argv[1], host: '::' }, () => console.log('ready'));`;

async function withGreeter(net: Network) {
  const port = await freePort();
  await net.spawn('server', [process.execPath, '-e', greeter, String(port)]).waitFor(/ready/);
  return async (host = net.addresses.server) =>
    (await net.exec('client', [process.execPath, '-e', knock, host, String(port)])).stdout.trim();
}

describe.runIf(isRoot)('the network of namespaces', () => {
  test('joins client and server in both address families', async () => {
    const net = await network();
    const from = await withGreeter(net);
    expect(await from()).toBe('::ffff:10.99.1.2');
    expect(await from(net.addresses.server6)).toBe('fd99:1::2');
  });

  test('is cut silently and restored, and an unlistened port still answers with a reset', async () => {
    const net = await network();
    const from = await withGreeter(net);
    await net.cut();
    expect(await from()).toBe('SILENCE');
    await net.restore();
    expect(await from()).toBe('::ffff:10.99.1.2');
    const refused = await net.exec('client', [process.execPath, '-e', knock, net.addresses.server, '9']);
    expect(refused.stdout).toBe('ECONNREFUSED\n');
  });

  test('changes the client’s address and hides it behind NAT', async () => {
    const net = await network();
    const from = await withGreeter(net);
    expect(await net.changeClientAddress()).toBe('10.99.1.3');
    expect(await from()).toBe('::ffff:10.99.1.3');
    await net.nat('on');
    await net.forgetFlows();
    expect(await from()).toBe('::ffff:10.99.2.1');
  });

  test('drops one flow and leaves the others alone', async () => {
    const net = await network();
    const [one, two] = [await withGreeter(net), await withGreeter(net)];
    const port = Number(/:(\d+)/.exec((await net.exec('server', ['ss', '-Hltn'])).stdout)?.[1]);
    await net.dropFlow({ serverPort: port });
    expect([await one(), await two()].sort()).toEqual(['::ffff:10.99.1.2', 'SILENCE']);
  });

  test('carries a real sshd', async () => {
    const net = await network();
    const server = await startSshd({ netns: net.names.server, listen: net.addresses.server });
    const scan = await net.exec('client', ['ssh-keyscan', '-t', 'ed25519', '-p', String(server.port), server.host]);
    expect(scan.stdout).toContain(server.knownHostsLine().trim());
    await server.stop();
  });

  test('leaves nothing behind', async () => {
    const net = await network();
    const program = net.spawn('server', ['sleep', '600']);
    net.dispose();
    await program.exited;
    expect((await run('ip', ['netns', 'list'])).stdout).not.toContain(net.names.server);
  });
});
