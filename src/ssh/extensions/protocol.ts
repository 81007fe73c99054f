import type { Client } from 'ssh2';
import { requireShape } from './guard.ts';

/** What is used of ssh2's Protocol, one of which each client has from `connect` on (lib/protocol/Protocol.js). */
export type Protocol = {
  _onHeader: (header: unknown) => void;
  _onPayload: OnPayload;
  _onWrite: (data: Buffer) => void;
  _onError: (error: Error & { level?: string }) => void;
  /** From the server's identification string on. */
  readonly _decipher?: { _onPayload: OnPayload };
  readonly _cipher?: { _onWrite: (data: Buffer) => void };
  /** Undefined once an error has made it unusable. */
  readonly _destruct?: unknown;
  _kex?: Exchange | undefined;
  /** Begins a key exchange unless one is under way; what is sent meanwhile waits for its end. */
  rekey(): void;
};

type OnPayload = (payload: Buffer) => unknown;

/** What is used of ssh2's KeyExchange (lib/protocol/kex.js). A new one for each exchange. */
export type Exchange = {
  readonly negotiated: { kex: string; serverHostKey: string };
  hashName: string;
  _remoteKexinit: Buffer;
  _hostKey?: Buffer | undefined;
  start(): void;
  generateKeys(): void;
  getPublicKey(): Buffer;
  convertPublicKey(key: Buffer): Buffer;
  computeSecret(theirs: Buffer): Buffer | Error;
  finish(scOnly?: boolean): unknown;
};

export const protocolOf = (client: Client): Protocol =>
  requireShape<Protocol>('Protocol', (client as unknown as { readonly _protocol?: unknown })._protocol, {
    _onHeader: 'function',
    _onPayload: 'function',
    _onWrite: 'function',
    _onError: 'function',
    rekey: 'function',
  });

export const asExchange = (found: unknown): Exchange =>
  requireShape<Exchange>('KeyExchange', found, {
    negotiated: 'object',
    hashName: 'string',
    _remoteKexinit: 'buffer',
    start: 'function',
    generateKeys: 'function',
    getPublicKey: 'function',
    convertPublicKey: 'function',
    computeSecret: 'function',
    finish: 'function',
  });

/** Runs `work`, which lets ssh2 make its next KeyExchange, and shows it to `adapt` before it is used. */
export function onNewExchange(protocol: Protocol, adapt: (exchange: Exchange) => void, work: () => unknown): unknown {
  let current = protocol._kex;
  Object.defineProperty(protocol, '_kex', {
    configurable: true,
    enumerable: true,
    get: () => current,
    set: (made: unknown) => {
      current = asExchange(made);
      adapt(current);
    },
  });
  try {
    return work();
  } finally {
    Object.defineProperty(protocol, '_kex', { configurable: true, enumerable: true, writable: true, value: current });
  }
}
