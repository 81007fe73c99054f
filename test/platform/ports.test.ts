import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { mayBindAny, ownEphemeralPorts, parsePortRange, rowsOnPort } from '../../src/platform/ports.ts';

describe('ports of this machine', () => {
  test.each([
    ['32768\t60999\n', { first: 32_768, last: 60_999 }],
    ['1 65535', { first: 1, last: 65_535 }],
    ['60999 32768', null],
    ['1 65536', null],
    ['32768', null],
    ['', null],
  ])('a range of %j', (text, range) => {
    expect(parsePortRange(text)).toEqual(range);
  });

  test('only bit 10 of the capabilities opens the ports of root', () => {
    expect(mayBindAny('Name:\tnode\nCapEff:\t0000000000000400\n')).toBe(true);
    expect(mayBindAny('CapEff:\t000001ffffffffff\n')).toBe(true);
    expect(mayBindAny('CapEff:\t0000000000000200\n')).toBe(false);
    expect(mayBindAny('')).toBe(false);
  });

  test.runIf(process.platform === 'linux')('a listener of ours is among the rows of its port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const rows = await rowsOnPort(port);
    server.close();
    expect(rows).toContainEqual(expect.objectContaining({ state: 'LISTEN', local: { host: '127.0.0.1', port } }));
    expect(await ownEphemeralPorts()).not.toBeNull();
  });
});
