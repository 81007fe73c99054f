import type { Client } from 'ssh2';
import { requireShape } from '../extensions/guard.ts';

/**
 * What the data path uses of ssh2's inside (lib/protocol/Protocol.js, crypto.js, utils.js of 1.17). Everything rare stays with
 * ssh2: connecting, key exchange, login, requests. The data path takes channel messages out of what comes in, and puts its own
 * packets between those that ssh2 sends.
 */
export type Inside = {
  readonly _cipher: Cipher;
  readonly _decipher: Decipher;
  /** Our last KEXINIT while a key exchange is under way. */
  readonly _kexinit?: unknown;
  /** Undefined once the protocol cannot be used any more; ciphers are freed by then. */
  readonly _destruct?: unknown;
  readonly _packetRW: { readonly read: object; readonly write: object };
  _onPayload: OnPayload;
  _onWrite: OnWrite;
  channelOpenFail(recipient: number, reason: number, description: string): void;
  readonly _handlers: Record<string, ((...args: unknown[]) => void) | undefined>;
};

/** What it returns ends or moves on the loop of ssh2's decipher: a position, false, or nothing. */
export type OnPayload = (payload: Buffer) => unknown;
type OnWrite = (data: Buffer) => void;

export type Cipher = {
  outSeqno: number;
  _onWrite: OnWrite;
  /** It was freed. Touching its native part then would end the process. */
  readonly _dead?: boolean;
  allocPacket(payloadBytes: number): Buffer;
  encrypt(packet: Buffer): void;
};

export type Decipher = { inSeqno: number; _onPayload: OnPayload };

export class NotTheSsh2WeKnow extends Error {
  override readonly name = 'NotTheSsh2WeKnow';
}

/** Throws where ssh2, or what was negotiated, is not what the data path was written for; then ssh2 does it all. */
export function insideOf(client: Client): Inside {
  const protocol = requireShape<Inside>('Protocol', (client as unknown as { readonly _protocol?: unknown })._protocol, {
    _cipher: 'object',
    _decipher: 'object',
    _packetRW: 'object',
    _handlers: 'object',
    _onPayload: 'function',
    _onWrite: 'function',
    _destruct: 'function',
    channelOpenFail: 'function',
  });
  requireShape('Protocol._cipher', protocol._cipher, {
    outSeqno: 'number',
    _onWrite: 'function',
    allocPacket: 'function',
    encrypt: 'function',
  });
  requireShape('Protocol._decipher', protocol._decipher, { inSeqno: 'number', _onPayload: 'function' });
  const { read, write } = protocol._packetRW;
  // With compression the bytes of a payload are not those of its packet.
  if (read.constructor.name !== 'PacketReader' || write.constructor.name !== 'PacketWriter') throw new NotTheSsh2WeKnow('compression');
  return protocol;
}
