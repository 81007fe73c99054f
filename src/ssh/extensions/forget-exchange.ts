import type { Client } from 'ssh2';

/**
 * ssh2 keeps each key exchange until the next one, with its secrets, the messages it was made of, and the blocks of memory that
 * these are slices of: 10 KB of a connection that may never have another. Of one that is done only what is asked for later
 * stays. To be called once for each client, right after its `connect`.
 */
export function forgetExchanges(client: Client): void {
  let first = true;
  client.on('handshake', () => {
    // Not from within its last steps.
    queueMicrotask(() => {
      const { _protocol: protocol } = client as unknown as { readonly _protocol?: Kept };
      if (protocol === undefined) return;
      forgetDone(protocol);
      ownParts(protocol._cipher);
      ownParts(protocol._decipher);
      if (first) ownWhatStays(protocol);
      first = false;
    });
  });
}

/** What is used of ssh2's Protocol here. Where it is another one, nothing is lost but memory, so that nothing is insisted on. */
type Kept = {
  _kex?: { readonly sessionID?: unknown; readonly negotiated?: unknown; readonly remoteExtInfoEnabled?: unknown };
  /** Our KEXINIT while an exchange is under way. */
  readonly _kexinit?: unknown;
  _remoteIdentRaw?: unknown;
  readonly _cipher?: object;
  readonly _decipher?: object;
  readonly _offer?: { readonly lists?: { all?: unknown; readonly kex?: Entry } & Lists };
};
type Entry = { buffer?: unknown };
type Lists = Partial<Record<'serverHostKey', Entry>> & Partial<Record<'cs' | 'sc', Readonly<Record<string, Entry>>>>;

function forgetDone(protocol: Kept): void {
  const { sessionID, negotiated, remoteExtInfoEnabled } = protocol._kex ?? {};
  if (protocol._kexinit !== undefined || !Buffer.isBuffer(sessionID) || negotiated === undefined) return;
  protocol._kex = { sessionID, negotiated, remoteExtInfoEnabled };
}

/** A slice keeps the 8 KB that it is of, and ciphers have some of a few bytes each. */
function ownParts(cipher: object = {}): void {
  for (const [name, part] of Object.entries(cipher)) if (Buffer.isBuffer(part)) Object.assign(cipher, { [name]: owned(part) });
}

/** What later exchanges need. */
function ownWhatStays(protocol: Kept): void {
  protocol._remoteIdentRaw = owned(protocol._remoteIdentRaw);
  const lists = protocol._offer?.lists;
  if (lists === undefined) return;
  lists.all = owned(lists.all);
  if (lists.kex !== undefined) lists.kex.buffer = owned(lists.kex.buffer);
  // Parts of `all`, from which alone the message is made.
  for (const entry of [lists.serverHostKey, ...Object.values(lists.cs ?? {}), ...Object.values(lists.sc ?? {})]) delete entry?.buffer;
}

function owned(bytes: unknown): unknown {
  if (!Buffer.isBuffer(bytes)) return bytes;
  const copy = Buffer.alloc(bytes.length);
  bytes.copy(copy);
  return copy;
}
