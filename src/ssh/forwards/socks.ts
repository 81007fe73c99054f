import { SocketAddress } from 'node:net';
import type { TcpAddress } from '../../model/address.ts';
import type { SocksTrouble } from '../../model/problems/binding.ts';
import { NO_METHOD, METHOD_NONE, refusal, type SocksVersion } from './socks-reply.ts';

/**
 * The server's side of SOCKS 4, 4a (NEC's SOCKS.Protocol and its 4A note) and 5 (RFC 1928), CONNECT only, no login,
 * as ssh(1) -D has it. It is our own because no maintained library serves all three over any Duplex.
 * Nothing here keeps state: the caller shows all bytes of the stage that it has, and takes what the step says.
 */
export type SocksStage = 'hello' | 'request';

export type SocksStep =
  | { readonly kind: 'more' }
  /** Send `reply`, go on with `rest` in stage `request`. */
  | { readonly kind: 'method'; readonly reply: Uint8Array; readonly rest: Uint8Array }
  | { readonly kind: 'asked'; readonly version: SocksVersion; readonly to: TcpAddress; readonly rest: Uint8Array }
  /** Send `reply` (empty where the client would not understand one) and end. */
  | { readonly kind: 'refuse'; readonly why: SocksTrouble; readonly reply: Uint8Array };

/** `more` is never said of more bytes than this, so a caller's buffer stays small whatever a client sends. */
export const MAX_SOCKS_REQUEST = 8 + 256 + 256;

export function socksStep(stage: SocksStage, bytes: Uint8Array): SocksStep {
  if (stage === 'request') return readRequest5(bytes);
  if (bytes.length === 0) return MORE;
  if (bytes[0] === 4) return readRequest4(bytes);
  return bytes[0] === 5 ? readHello5(bytes) : refuse('not-socks');
}

const MORE: SocksStep = { kind: 'more' };
const refuse = (why: SocksTrouble, reply: Uint8Array = new Uint8Array()): SocksStep => ({ kind: 'refuse', why, reply });

/** RFC 1928 §3: version, count, methods. */
function readHello5(bytes: Uint8Array): SocksStep {
  const end = 2 + (bytes[1] ?? 0);
  if (bytes.length < 2 || bytes.length < end) return MORE;
  const offersNone = bytes.subarray(2, end).includes(0);
  return offersNone ? { kind: 'method', reply: METHOD_NONE, rest: bytes.subarray(end) } : refuse('no-method', NO_METHOD);
}

const LENGTH_BY_TYPE: Record<number, number> = { 1: 4, 4: 16 };

/** RFC 1928 §4: version, command, reserved, address type, address, port. */
function readRequest5(bytes: Uint8Array): SocksStep {
  const [version, command, , type] = bytes;
  if (version !== undefined && version !== 5) return refuse('not-socks');
  if (command !== undefined && command !== 1) return refuse('command', refusal(5, 'command'));
  if (type === undefined) return MORE;
  const name = type === 3;
  const size = name ? bytes[4] : LENGTH_BY_TYPE[type];
  if (size === undefined) return name ? MORE : refuse('address', refusal(5, 'address-type'));
  const start = name ? 5 : 4;
  const end = start + size;
  if (bytes.length < end + 2) return MORE;
  const host = hostOf(bytes.subarray(start, end), { name });
  return asked(5, { host, port: portAt(bytes, end), rest: bytes.subarray(end + 2) });
}

/** Version, command, port, IPv4 address, user, NUL; 4a: an address 0.0.0.x means that a name and NUL follow. */
function readRequest4(bytes: Uint8Array): SocksStep {
  if (bytes.length > 1 && bytes[1] !== 1) return refuse('command', refusal(4, 'command'));
  if (bytes.length < 9) return MORE;
  const user = field(bytes, 8);
  if (typeof user === 'string') return user === 'more' ? MORE : refuse('too-long', refusal(4, 'general'));
  const port = portAt(bytes, 2);
  if (!isMarker(bytes.subarray(4, 8)))
    return asked(4, { host: hostOf(bytes.subarray(4, 8), { name: false }), port, rest: bytes.subarray(user.next) });
  const name = field(bytes, user.next);
  if (typeof name === 'string') return name === 'more' ? MORE : refuse('too-long', refusal(4, 'general'));
  return asked(4, { host: hostOf(name.value, { name: true }), port, rest: bytes.subarray(name.next) });
}

const MAX_FIELD = 255;

function field(bytes: Uint8Array, start: number): { value: Uint8Array; next: number } | 'more' | 'too-long' {
  const end = bytes.indexOf(0, start);
  if ((end < 0 ? bytes.length : end) - start > MAX_FIELD) return 'too-long';
  return end < 0 ? 'more' : { value: bytes.subarray(start, end), next: end + 1 };
}

const isMarker = (ip: Uint8Array): boolean => ip[0] === 0 && ip[1] === 0 && ip[2] === 0 && ip[3] !== 0;

type Asked = { readonly host: string | null; readonly port: number; readonly rest: Uint8Array };

function asked(version: SocksVersion, { host, port, rest }: Asked): SocksStep {
  if (host === null || port === 0) return refuse('address', refusal(version, 'general'));
  return { kind: 'asked', version, to: { host, port }, rest };
}

function hostOf(bytes: Uint8Array, { name }: { name: boolean }): string | null {
  if (name) return nameOf(bytes);
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => portAt(bytes, 2 * i).toString(16));
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}

/** Null for what cannot be a name and could confuse whoever reads it later: blanks, control characters, broken UTF-8. */
function nameOf(bytes: Uint8Array): string | null {
  try {
    const name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return /^[^\p{C}\p{Z}]+$/u.test(name) ? name : null;
  } catch {
    return null;
  }
}

const portAt = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
