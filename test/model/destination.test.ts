import { describe, expect, test } from 'vitest';
import { parseDestination, parseJumps } from '../../src/model/destination.ts';
import { printHop } from '../../src/model/profile.ts';

describe('a server in the syntax of ssh(1)', () => {
  test.each([
    ['host', { user: null, host: 'host', port: null }],
    ['ann@host', { user: 'ann', host: 'host', port: null }],
    ['ann@corp@host', { user: 'ann@corp', host: 'host', port: null }],
    ['::1', { user: null, host: '::1', port: null }],
    ['[::1]', { user: null, host: '::1', port: null }],
    ['ssh://ann@host:2222', { user: 'ann', host: 'host', port: 2222 }],
    ['ssh://[::1]:2222/', { user: null, host: '::1', port: 2222 }],
  ])('%s is read', (text, expected) => {
    expect(parseDestination(text)).toEqual({ ok: true, value: expected });
  });

  test.each(['', '@host', 'ann@', '-oProxyCommand=x', 'ann@-x', 'host:22', 'a b', 'ssh://host:99999', 'ssh://'])(
    '%j is refused',
    (text) => {
      expect(parseDestination(text).ok).toBe(false);
    },
  );

  test('-J names hops in dialling order, each with its own user and port', () => {
    const jumps = parseJumps('ann@a:2201,b,[::1]:22');
    expect(jumps.ok && jumps.value.map(printHop)).toEqual(['ann@a:2201', 'b', '[::1]:22']);
    expect(parseJumps('none')).toEqual({ ok: true, value: [] });
    expect(parseJumps('a,,b')).toEqual({ ok: false, error: { text: '' } });
  });
});
