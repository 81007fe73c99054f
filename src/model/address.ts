import { fail, ok, type Result } from './result.ts';

export type TcpAddress = { readonly host: string; readonly port: number };
export type SocketAddress = { readonly path: string };
/** A TCP address or the path of a Unix socket. */
export type Address = TcpAddress | SocketAddress;

export type AddressError = 'empty' | 'bad-port' | 'port-missing' | 'host-missing' | 'bad-host' | 'unclosed-bracket';

export const LOOPBACK = '127.0.0.1';

export const isSocket = (address: Address): address is SocketAddress => 'path' in address;

/** `host:port`, `[v6]:port` or the path. */
export function printAddress(address: Address): string {
  return isSocket(address) ? address.path : printHostPort(address.host, address.port);
}

export const printHostPort = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

/** A listening end: `port`, `host:port`, `[v6]:port`, `*:port` or `/path`; a lone port listens on 127.0.0.1. */
export function parseListen(text: string | number): Result<Address, AddressError> {
  if (typeof text === 'number' || /^\d+$/.test(text)) return withPort(LOOPBACK, String(text));
  return parseHostPortOrPath(text);
}

/** A target end: `host:port`, `[v6]:port` or `/path`; a lone port is a port of the far end itself. */
export function parseTarget(text: string | number): Result<Address, AddressError> {
  if (typeof text === 'number' || /^\d+$/.test(text)) {
    const target = withPort('localhost', String(text));
    return target.ok && target.value.port === 0 ? fail('bad-port') : target;
  }
  const target = parseHostPortOrPath(text);
  return target.ok && !isSocket(target.value) && target.value.port === 0 ? fail('bad-port') : target;
}

function parseHostPortOrPath(text: string): Result<Address, AddressError> {
  if (text === '') return fail('empty');
  if (text.startsWith('/') || text.startsWith('~/')) return ok({ path: text });
  if (text.startsWith('[')) return parseBracketed(text);
  const colon = text.lastIndexOf(':');
  if (colon < 0) return fail('port-missing');
  const host = text.slice(0, colon);
  if (host === '') return fail('host-missing');
  // An unbracketed IPv6 address cannot be told from its port, so brackets are asked for, as in ssh(1) -L.
  if (host.includes(':') || !HOST.test(host)) return fail('bad-host');
  return withPort(host, text.slice(colon + 1));
}

const HOST = /^[^\s/[\]@-][^\s/[\]@]*$/;

function parseBracketed(text: string): Result<TcpAddress, AddressError> {
  const close = text.indexOf(']');
  if (close < 0) return fail('unclosed-bracket');
  if (close === 1) return fail('host-missing');
  if (text[close + 1] !== ':') return fail('port-missing');
  return withPort(text.slice(1, close), text.slice(close + 2));
}

function withPort(host: string, port: string): Result<TcpAddress, AddressError> {
  const number = Number(port);
  if (!/^\d{1,5}$/.test(port) || number > 65535) return fail('bad-port');
  return ok({ host, port: number });
}
