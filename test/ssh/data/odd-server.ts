import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import ssh2, { type Connection } from 'ssh2';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { makeKey } from '../../support/keys.ts';
import { tempDir } from '../../support/temp-home.ts';
import { sendMessage } from '../../../src/ssh/extensions/send-message.ts';
import { atEnd } from '../forwards/support.ts';
import { aHop, required } from '../identity/hop.ts';

/** What a client has asked for. `id` is its number of the channel. */
export type Asked = { readonly id: number; readonly window: number; readonly packetBytes: number };

/** What is heard on a channel, by the server's number of it. */
export type Heard = { data(bytes: Buffer): void; adjust(bytes: number): void; eof(): void; close(): void };

type Protocol = { readonly _handlers: Record<string, unknown>; readonly _packetRW?: unknown };

/** One connection of a server that says whatever a test wants, in whatever order. */
export class Peer {
  readonly #protocol: Protocol;
  readonly #channels = new Map<number, Partial<Heard>>();

  constructor(connection: Connection, onOpen: (peer: Peer, asked: Asked) => void) {
    this.#protocol = (connection as unknown as { readonly _protocol: Protocol })._protocol;
    Object.assign(this.#protocol._handlers, {
      CHANNEL_OPEN: (_: unknown, { sender, window, packetSize }: { sender: number; window: number; packetSize: number }) =>
        onOpen(this, { id: sender, window, packetBytes: packetSize }),
      CHANNEL_DATA: (_: unknown, id: number, data: Buffer) => this.#channels.get(id)?.data?.(data),
      CHANNEL_WINDOW_ADJUST: (_: unknown, id: number, bytes: number) => this.#channels.get(id)?.adjust?.(bytes),
      CHANNEL_EOF: (_: unknown, id: number) => this.#channels.get(id)?.eof?.(),
      CHANNEL_CLOSE: (_: unknown, id: number) => this.#channels.get(id)?.close?.(),
    });
  }

  say(type: number, ...parts: readonly (number | Buffer)[]): void {
    sendMessage(this.#protocol, Buffer.concat([Buffer.of(type), ...parts.map((part) => (typeof part === 'number' ? uint32(part) : part))]));
  }

  confirm({ id }: Pick<Asked, 'id'>, { as = id, window = 2 ** 21, packetBytes = 32_768, heard = {} }: Confirmed = {}): void {
    this.#channels.set(as, heard);
    this.say(91, id, as, window, packetBytes);
  }

  data(id: number, bytes: Buffer): void {
    this.say(94, id, bytes.length, bytes);
  }

  adjust(id: number, bytes: number): void {
    this.say(93, id, bytes);
  }

  eof(id: number): void {
    this.say(96, id);
  }

  close(id: number): void {
    this.say(97, id);
  }

  /** Confirms a channel that sends back what it gets. */
  echo(asked: Asked): void {
    const { id } = asked;
    const data = (bytes: Buffer): void => {
      this.adjust(id, bytes.length);
      this.data(id, bytes);
    };
    this.confirm(asked, { heard: { data, eof: () => this.eof(id), close: () => this.close(id) } });
  }
}

type Confirmed = { readonly as?: number; readonly window?: number; readonly packetBytes?: number; readonly heard?: Partial<Heard> };

/** Takes any login, and hands each channel that is asked for to the test. */
export async function oddServer(onOpen: (peer: Peer, asked: Asked) => void): Promise<ResolvedHop> {
  const dir = tempDir();
  const [host, user] = [await makeKey(dir, { name: 'host' }), await makeKey(dir, { name: 'user' })];
  const connections = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [readFileSync(host.path)] }, (connection) => {
    connections.add(connection);
    connection.on('error', () => {}).on('authentication', (context) => context.accept());
    connection.on('ready', () => new Peer(connection, onOpen));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    for (const connection of connections) connection.end();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const knownHosts = { alias: null, userFiles: [], systemFiles: [], pins: [host.fingerprint] };
  return aHop({ port, identities: required(user.path), identitiesOnly: true, knownHosts });
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
