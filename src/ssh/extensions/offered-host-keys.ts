import type { Client } from 'ssh2';
import { requireShape } from './guard.ts';

/** The host keys that a server says it has (OpenSSH's PROTOCOL 2.5, hostkeys-00@openssh.com). */
export type HostKeyOffer = {
  /** Wire form, as the server lists them, without those of types that ssh2 cannot read. */
  readonly keys: readonly Buffer[];
  /** Of the session's first key exchange; part of what the server signs. */
  readonly session: Buffer;
  /** Asks for a proof that the server holds these keys; the answer's bytes, or null where it will not prove it. */
  prove(keys: readonly Buffer[]): Promise<Buffer | null>;
};

/**
 * Takes the announcement in ssh2's place, which asks at every connection for proofs of all keys, drops without a word
 * those that fail, and throws on an answer that is cut short. `onOffer`: told of the first one; null: nobody wants to know.
 */
export function watchHostKeys(client: Client, onOffer: OnOffer | null): void {
  const inner = internalsOf(client);
  const handlers = inner._protocol._handlers;
  const others = handlers['GLOBAL_REQUEST'];
  // OpenSSH ends the connection at a second one; there is nothing in it that would have to be known.
  let next = onOffer;
  handlers['GLOBAL_REQUEST'] = (...args) => {
    const [, name, wantReply, data] = args;
    if (name !== ANNOUNCEMENT) return others?.(...args);
    if (wantReply === true) inner._protocol.requestSuccess();
    const told = next;
    next = null;
    if (Array.isArray(data)) void told?.(offerOf(inner, data)).catch(() => {});
  };
}

type OnOffer = (offer: HostKeyOffer) => Promise<void>;

const ANNOUNCEMENT = 'hostkeys-00@openssh.com';

type Parsed = { getPublicSSH(): Buffer };

function offerOf(inner: Internals, parsed: readonly Parsed[]): HostKeyOffer {
  const byBlob = new Map(parsed.map((key) => [key.getPublicSSH().toString('base64'), key]));
  return {
    keys: parsed.map((key) => key.getPublicSSH()),
    session: sessionOf(inner),
    prove: (keys) =>
      new Promise((resolve) => {
        inner._callbacks.push((failed, data) => resolve(failed || !data ? null : Buffer.from(data)));
        inner._protocol.openssh_hostKeysProve(keys.flatMap((key) => byBlob.get(key.toString('base64')) ?? []));
      }),
  };
}

type Internals = {
  readonly _callbacks: ((failed: unknown, data?: Buffer | null) => void)[];
  readonly _protocol: {
    readonly _kex?: { readonly sessionID?: unknown };
    readonly _handlers: Record<string, ((...args: unknown[]) => void) | undefined>;
    openssh_hostKeysProve(keys: readonly Parsed[]): void;
    requestSuccess(): void;
  };
};

function internalsOf(client: Client): Internals {
  const inner = requireShape<Internals>('Client', client, { _callbacks: 'array', _protocol: 'object' });
  requireShape('Protocol', inner._protocol, { openssh_hostKeysProve: 'function', requestSuccess: 'function', _handlers: 'object' });
  requireShape('Protocol._handlers', inner._protocol._handlers, { GLOBAL_REQUEST: 'function' });
  return inner;
}

const sessionOf = ({ _protocol: { _kex: kex } }: Internals): Buffer =>
  Buffer.from(requireShape<{ readonly sessionID: Buffer }>('KeyExchange', kex, { sessionID: 'buffer' }).sessionID);
