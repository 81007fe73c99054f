import type { Client } from 'ssh2';
import type { Inside, OnPayload } from './inside.ts';
import type { OpenedByServer } from './offered.ts';

export type Hooks = {
  /** One payload; true: it was ours. */
  readonly take: (bytes: Buffer, start: number, end: number) => boolean;
  /** A request on one of our channels; false: it is not ours. */
  readonly request: (id: number, isReplyWanted: boolean) => boolean;
  /** CHANNEL_OPEN of the server; false: it is not for us. */
  readonly opened: (asked: OpenedByServer) => boolean;
  readonly keysAgreed: () => void;
};

/** Puts ours before what ssh2 does with a message. Whoever listens to ssh2's handlers later still hears all of them. */
export function hookInto(client: Client, protocol: Inside, { take, request, opened, keysAgreed }: Hooks): void {
  const before =
    (inner: OnPayload): OnPayload =>
    (payload) =>
      take(payload, 0, payload.length) ? undefined : inner(payload);
  // The one that is in use, and the one that a decipher of later keys will get.
  protocol._onPayload = before(protocol._onPayload);
  protocol._decipher._onPayload = before(protocol._decipher._onPayload);
  wrap(protocol, 'CHANNEL_REQUEST', ([, id, , isReplyWanted]) => request(id as number, isReplyWanted === true));
  wrap(protocol, 'CHANNEL_OPEN', ([, asked]) => opened(asked as OpenedByServer));
  client.on('handshake', keysAgreed);
}

function wrap({ _handlers: handlers }: Inside, name: string, isOurs: (args: readonly unknown[]) => boolean): void {
  const inner = handlers[name];
  handlers[name] = (...args) => {
    if (!isOurs(args)) inner?.(...args);
  };
}
