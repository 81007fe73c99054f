import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What becomes of one message before the keys are in use (RFC 4253 section 6): the messages to pass on in its place. */
export type Change = (payload: Buffer) => readonly Buffer[];

const NEWKEYS = 21;

/** A relay to a real server that changes the plain messages of its key exchange. */
export async function tamperWith(port: number, change: { readonly server?: Change; readonly client?: Change }) {
  const sockets: Socket[] = [];
  const relay = createServer({ noDelay: true }, (client) => {
    const server = connect({ port, host: '127.0.0.1', noDelay: true });
    sockets.push(client, server);
    pass(server, client, change.server);
    pass(client, server, change.client);
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  return {
    port: (relay.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => relay.close(resolve));
    },
  };
}

function pass(from: Socket, to: Socket, change: Change = (payload) => [payload]): void {
  let waiting: Buffer = Buffer.alloc(0);
  let stage: 'greeting' | 'plain' | 'secret' = 'greeting';
  const step = (): boolean => {
    if (stage === 'secret') {
      to.write(waiting);
      waiting = Buffer.alloc(0);
      return false;
    }
    const length = stage === 'greeting' ? waiting.indexOf('\n') + 1 : packetLength(waiting);
    if (length === 0 || waiting.length < length) return false;
    const part = waiting.subarray(0, length);
    waiting = waiting.subarray(length);
    if (stage === 'greeting') {
      to.write(part);
      stage = 'plain';
      return true;
    }
    const payload = part.subarray(5, length - (part[4] ?? 0));
    for (const message of change(payload)) to.write(frame(message));
    if (payload[0] === NEWKEYS) stage = 'secret';
    return true;
  };
  from.on('error', () => to.destroy()).on('close', () => to.destroy());
  from.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length > 0 && step());
  });
}

const packetLength = (bytes: Buffer): number => (bytes.length < 4 ? 0 : 4 + bytes.readUInt32BE());

function frame(payload: Buffer): Buffer {
  const padding = 8 - ((5 + payload.length) % 8) + 8;
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + payload.length + padding);
  head[4] = padding;
  return Buffer.concat([head, payload, Buffer.alloc(padding)]);
}
