import type { Client } from 'ssh2';
import { requireShape } from './guard.ts';
import { acceptCertificate, CERTIFIED } from './host-certificate.ts';
import { becomeHybrid } from './hybrid-exchange.ts';
import { HYBRIDS } from './hybrids.ts';
import { agreed, type KexInit, KEXINIT, readKexInit, withKex } from './kexinit.ts';
import { onNewExchange, type Protocol, protocolOf } from './protocol.ts';
import type { KeySource } from './spare-keys.ts';
import { register, type Tables } from './tables.ts';

/** Lets ssh2 take the names of what it cannot do itself; each connection then needs `extendKeyExchange`. */
export function registerKeyExchange({ SUPPORTED_KEX, SUPPORTED_SERVER_HOST_KEY }: Tables): void {
  register(SUPPORTED_KEX, HYBRIDS.keys());
  register(SUPPORTED_SERVER_HOST_KEY, CERTIFIED.keys());
}

/** Adds hybrid key exchange and host certificates to a client, right after its `connect`. `seen` gets each KEXINIT of the server. */
export function extendKeyExchange(client: Client, { keys, seen }: Extension): void {
  const protocol = protocolOf(client);
  const intercept = (inner: (payload: Buffer) => unknown) => (payload: Buffer) =>
    payload[0] === KEXINIT ? negotiate(payload, { protocol, keys, seen, inner }) : inner(payload);
  keys.begun();
  // Later key exchanges begin in the ordinary flow of messages, the first one before there is one.
  protocol._onPayload = intercept(protocol._onPayload);
  const onHeader = protocol._onHeader;
  protocol._onHeader = (header) => {
    const decipher = requireShape<NonNullable<Protocol['_decipher']>>('Protocol._decipher', protocol._decipher, { _onPayload: 'function' });
    decipher._onPayload = intercept(decipher._onPayload);
    keys.greeted(softwareOf(header), ourMethods(protocol));
    onHeader(header);
  };
}

type Extension = { readonly keys: KeySource; readonly seen: (theirs: KexInit) => void };

function softwareOf(header: unknown): string {
  const { versions } = requireShape<{ readonly versions: unknown }>('Header', header, { versions: 'object' });
  return requireShape<{ readonly software: string }>('Header.versions', versions, { software: 'string' }).software;
}

/** Begins a new key exchange, unless one is under way or the connection is over (RFC 4253 section 9). Its end is the client's `handshake`. */
export function exchangeKeysAnew(client: Client): void {
  const protocol = protocolOf(client);
  if (protocol._destruct !== undefined) protocol.rekey();
}

type Given = Extension & { readonly protocol: Protocol; readonly inner: (payload: Buffer) => unknown };

/** A malformed message is ssh2's to refuse, and so is one that has nothing in common with ours. */
function negotiate(payload: Buffer, { protocol, keys, seen, inner }: Given): unknown {
  const theirs = readKexInit(payload);
  if (theirs === null) return inner(payload);
  seen(theirs);
  const method = agreed(ourMethods(protocol), theirs.kex) ?? '';
  const hybrid = HYBRIDS.get(method);
  keys.agreed(method);
  if (hybrid === undefined) return onNewExchange(protocol, acceptCertificate, () => inner(payload));
  const adapt = (exchange: Parameters<typeof acceptCertificate>[0]): void => {
    exchange._remoteKexinit = payload;
    becomeHybrid(exchange, { method, hash: hybrid.hash, protocol, take: () => keys.take(method) });
    acceptCertificate(exchange);
  };
  const shown = withKex(payload, standInFor(method, theirs.kex));
  return withOurs(protocol, standInFor(method, ourMethods(protocol)), () => onNewExchange(protocol, adapt, () => inner(shown)));
}

/**
 * ssh2 makes exchanges only by names that it knows. So it is shown one of those in the place of the method that was agreed on,
 * and none of the others, so that it comes to the same choice; and it still sees whether the server had guessed right. That
 * holds for both lists: ssh_config may leave out of ours what stands in.
 */
const standInFor = (method: string, names: readonly string[]): string[] =>
  names.map((name) => {
    if (name === method) return STAND_IN;
    return NO_METHODS.has(name) ? name : `not-${name}`;
  });

const STAND_IN = 'curve25519-sha256';
/** RFC 8308 section 2.1; OpenSSH's PROTOCOL 1.9. */
const NO_METHODS = new Set(['ext-info-s', 'kex-strict-s-v00@openssh.com']);

const ourMethods = (protocol: Protocol): readonly string[] => ourList(protocol).array;

/** What we offer as ssh2 looks it up; what it sends to the server is kept elsewhere. */
function withOurs<T>(protocol: Protocol, names: readonly string[], work: () => T): T {
  const list = ourList(protocol);
  const kept = list.array;
  list.array = names;
  try {
    return work();
  } finally {
    list.array = kept;
  }
}

function ourList(protocol: Protocol): { array: readonly string[] } {
  const offer = (protocol as unknown as { readonly _offer?: { readonly lists?: { readonly kex?: unknown } } })._offer;
  return requireShape<{ array: readonly string[] }>('Protocol._offer.lists.kex', offer?.lists?.kex, { array: 'array' });
}
