import type { Client } from 'ssh2';
import { describe, expect, test } from 'vitest';
import { requireShape, requireVersion, SSH2_VERSION, UnknownSsh2 } from '../../../src/ssh/extensions/guard.ts';
import { registerKeyExchange } from '../../../src/ssh/extensions/key-exchange.ts';
import { asExchange, protocolOf } from '../../../src/ssh/extensions/protocol.ts';
import { ssh2Tables } from '../../../src/ssh/extensions/tables.ts';

describe('the guard of ssh2', () => {
  test('lets the version pass that is installed, and names any other', () => {
    expect(() => ssh2Tables()).not.toThrow();
    expect(() => requireVersion('1.18.0')).toThrow(new UnknownSsh2(`ssh2 ${SSH2_VERSION} is needed, found 1.18.0`));
    expect(() => requireVersion(undefined)).toThrow(UnknownSsh2);
  });

  test('names the part that is not as expected, and what is there instead', () => {
    const found = { start: () => {}, list: 'a,b' };
    expect(requireShape('X', found, { start: 'function', list: 'string' })).toBe(found);
    expect(() => requireShape('X', found, { list: 'array' })).toThrow(`ssh2 ${SSH2_VERSION} has X.list as array, found string`);
    expect(() => requireShape('X', null, { list: 'array' })).toThrow('found undefined');
  });

  test('stops where ssh2 has lost what an extension holds on to', () => {
    expect(() => protocolOf({} as Client)).toThrow(UnknownSsh2);
    expect(() => protocolOf({ _protocol: { _onHeader: () => {} } } as unknown as Client)).toThrow('Protocol._onPayload');
    expect(() => asExchange({ negotiated: {}, hashName: 'sha256' })).toThrow('KeyExchange._remoteKexinit');
  });
});

test('what the extensions can do is registered once, however often', () => {
  const tables = ssh2Tables();
  registerKeyExchange(tables);
  const before = structuredClone(tables.SUPPORTED_KEX);
  registerKeyExchange(ssh2Tables());
  expect(ssh2Tables().SUPPORTED_KEX).toEqual(before);
  expect(before.filter((name) => name === 'mlkem768x25519-sha256')).toEqual(['mlkem768x25519-sha256']);
});
