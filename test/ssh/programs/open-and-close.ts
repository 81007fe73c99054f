import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import ssh2 from 'ssh2';
import { WINDOW_LIMITS } from '../../../src/model/data-settings.ts';
import { Batches } from '../../../src/ssh/data/batches.ts';
import { DataPath } from '../../../src/ssh/data/data-path.ts';
import { sharedData } from '../../../src/ssh/data/data-shared.ts';

/*
 * Opens channels one after the other, 50 at a time, to a server in this same process, uses and closes each, and tells how much
 * memory is held after each tenth of them.
 */
const AT_ONCE = 50;
const TENTHS = 10;

const PKCS1 = { type: 'pkcs1', format: 'pem' } as const;

const asked = Number(process.argv[2]);
const { client, stream } = await session();
const shared = sharedData(WINDOW_LIMITS, new Batches());
const path = new DataPath({ client, stream, shared, rttMs: () => null });

const heapBytes: number[] = [];
const began = performance.now();
for (let tenth = 0; tenth < TENTHS; tenth++) {
  for (let done = 0; done < asked / TENTHS; done += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, use));
  globalThis.gc?.();
  heapBytes.push(process.memoryUsage().heapUsed);
}
const perSecond = Math.round(asked / ((performance.now() - began) / 1_000));
const rssMb = Math.round(process.memoryUsage.rss() / 1e6);
process.stdout.write(
  `${JSON.stringify({ heapBytes, perSecond, rssMb, channels: path.usage.channels, windows: shared.budget.used })}\n`,
  () => process.exit(),
);

async function use(): Promise<void> {
  const channel = await path.open({ host: 'nowhere', port: 1 }, null);
  const closed = once(channel, 'close');
  channel.resume().end('hello');
  await once(channel, 'end');
  channel.close();
  await closed;
}

/** A login to a server that echoes on every channel. */
async function session() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: PKCS1, publicKeyEncoding: PKCS1 });
  const server = new ssh2.Server({ hostKeys: [privateKey] }, (connection) => {
    connection.on('authentication', (context) => context.accept());
    connection.on('tcpip', (accept) => {
      const channel = accept();
      channel.pipe(channel);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const made = new ssh2.Client();
  made.connect({ sock: socket, username: 'nobody', hostVerifier: () => true });
  await once(made, 'ready');
  return { client: made, stream: socket };
}
