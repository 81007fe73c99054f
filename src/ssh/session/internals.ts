import type { Client } from 'ssh2';
import { requireShape } from '../extensions/guard.ts';
import { sendMessage } from '../extensions/send-message.ts';
import type { Channels } from './channels.ts';

/**
 * What a session uses of ssh2's inside; what is added to ssh2 lies in `ssh/extensions`. None of it is part of its interface, so
 * ssh2 is pinned to one version and each reach checks what it finds: a changed ssh2 fails here, loudly, and not as a strange
 * connection.
 */
type Internals = {
  readonly _remoteVer?: unknown;
  readonly _callbacks: ((failed: boolean | Error, data?: Buffer) => void)[];
  readonly _chanMgr: { get(id: unknown): unknown };
  readonly _protocol: {
    ping(): void;
    readonly _packetRW?: unknown;
    /** Undefined once it cannot be used any more. */
    readonly _destruct?: unknown;
    readonly _cipher?: { readonly outSeqno?: unknown };
    readonly _handlers: Record<string, ((...args: unknown[]) => void) | undefined>;
  };
};

/** Sends keepalive@openssh.com with a reply wanted (OpenSSH PROTOCOL, 2.x); `answered` is called on either reply. */
export function sendPing(client: Client, answered: () => void): void {
  const inner = internalsOf(client);
  inner._callbacks.push((failed) => {
    // An Error is ssh2's own word at the socket's close, not the server's answer.
    if (!(failed instanceof Error)) answered();
  });
  inner._protocol.ping();
}

/**
 * From now on whatever arrives is answered in the same turn of the event loop, if not by anything else then by a message that
 * says nothing (SSH_MSG_IGNORE, RFC 4253 section 11.2). Returns its end.
 *
 * With what is sent goes TCP's acknowledgement. By itself our kernel holds that back for 40 ms, and so long the server's holds
 * back its next small message (Nagle's algorithm): sshd asks for TCP_NODELAY with the first session only.
 */
export function answerAtOnce(client: Client, traffic: Pick<Channels, 'onReceived'>): () => void {
  const sent = packetsSent(client);
  let isOver = false;
  const answer = (): void => {
    const before = sent();
    setImmediate(() => {
      if (!isOver && sent() === before) sendIgnore(client);
    });
  };
  const deafen = traffic.onReceived(answer);
  return () => {
    isOver = true;
    deafen();
  };
}

/** How many packets were sent, as far as their numbers tell (RFC 4253 section 6.4); -1: none can be. */
export function packetsSent(client: Client): () => number {
  const { _protocol: protocol } = internalsOf(client);
  return () => {
    const sent = protocol._cipher?.outSeqno;
    return typeof sent === 'number' ? sent : -1;
  };
}

/** A message that says nothing; nothing is sent on a connection that is over. */
export function sendIgnore(client: Client): void {
  const { _protocol: protocol } = internalsOf(client);
  if (protocol._destruct !== undefined) sendMessage(protocol, IGNORE);
}

/** With no data in it. */
const IGNORE = Buffer.from([2, 0, 0, 0, 0]);

/** SSH_MSG_DEBUG (RFC 4253 section 11.3). ssh2 passes it on only to a debug function that costs time at every packet. */
export function onServerDebug(client: Client, said: (message: string) => void): void {
  internalsOf(client)._protocol._handlers['DEBUG'] = (_protocol, _display, message) => {
    if (typeof message === 'string') said(message);
  };
}

/**
 * Calls `seen` at each keepalive of the server (ClientAliveInterval): a global request, or one of a session channel where
 * there is one; ssh2 still answers it. `quiet`: we have sent nothing since the answer to the one before. Returns its end.
 */
export function onServerKeepalive(client: Client, seen: (since: 'quiet' | 'busy') => void): () => void {
  const { _protocol: protocol } = internalsOf(client);
  const sent = packetsSent(client);
  let answered: number | null = null;
  const wrap = (name: 'GLOBAL_REQUEST' | 'CHANNEL_REQUEST', isKeepalive: (args: readonly unknown[]) => boolean): (() => void) => {
    const inner = protocol._handlers[name];
    protocol._handlers[name] = (...args) => {
      if (!isKeepalive(args)) return inner?.(...args);
      seen(sent() === answered ? 'quiet' : 'busy');
      inner?.(...args);
      answered = sent();
    };
    return () => {
      protocol._handlers[name] = inner;
    };
  };
  const ends = [wrap('GLOBAL_REQUEST', ([, name]) => name === KEEPALIVE), wrap('CHANNEL_REQUEST', ([, , type]) => type === KEEPALIVE)];
  return () => ends.forEach((end) => end());
}

const KEEPALIVE = 'keepalive@openssh.com';

/**
 * ssh2 leaves the close of an SFTP channel by the server unanswered where SFTP never came about, as with a forced command.
 * To sshd that channel is then open for ever: it sends its keepalives on it, gets no answer and ends a session that is well.
 */
export function answerSftpClose(client: Client): void {
  const inner = internalsOf(client);
  const handlers = inner._protocol._handlers;
  const closed = handlers['CHANNEL_CLOSE'];
  handlers['CHANNEL_CLOSE'] = (protocol, recipient, ...rest) => {
    const channel = inner._chanMgr.get(recipient) as SftpChannel | undefined;
    closed?.(protocol, recipient, ...rest);
    if (channel?.constructor.name === 'SFTP') channel.end?.();
  };
}

/** Its end() closes the channel unless that was done. */
type SftpChannel = { end?(): void };

/** The software version of the server's identification string (RFC 4253 section 4.2). */
export function serverVersion(client: Client): string {
  const version = internalsOf(client)._remoteVer;
  return typeof version === 'string' ? version : '';
}

function internalsOf(client: Client): Internals {
  const inner = requireShape<Internals>('Client', client, { _callbacks: 'array', _chanMgr: 'object', _protocol: 'object' });
  requireShape('ChannelManager', inner._chanMgr, { get: 'function' });
  requireShape('Protocol', inner._protocol, { ping: 'function', _handlers: 'object' });
  return inner;
}
