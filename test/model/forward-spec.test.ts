import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseForwardSpec, type SpecFlag } from '../../src/model/forward-spec.ts';

describe('a forward in the syntax of ssh(1)', () => {
  test.each<[SpecFlag, string, object]>([
    ['-L', '8080:db:80', { local: '8080', to: 'db:80' }],
    ['-L', '0:db:80', { local: '0', to: 'db:80' }],
    ['-L', '127.0.0.2:8080:db:80', { local: '127.0.0.2:8080', to: 'db:80' }],
    ['-L', '*:8080:db:80', { local: '*:8080', to: 'db:80' }],
    ['-L', ':8080:db:80', { local: '*:8080', to: 'db:80' }],
    ['-L', '[::1]:8080:[2001:db8::1]:80', { local: '[::1]:8080', to: '[2001:db8::1]:80' }],
    ['-L', '8080:/run/x.sock', { local: '8080', to: '/run/x.sock' }],
    ['-L', 'localhost:8080:/run/x.sock', { local: 'localhost:8080', to: '/run/x.sock' }],
    ['-L', '/tmp/l.sock:db:80', { local: '/tmp/l.sock', to: 'db:80' }],
    ['-L', '/tmp/l.sock:/run/x.sock', { local: '/tmp/l.sock', to: '/run/x.sock' }],
    ['-L', './l.sock:db:80', { local: './l.sock', to: 'db:80' }],
    ['-L', String.raw`/tmp/a\:b.sock:db:80`, { local: '/tmp/a:b.sock', to: 'db:80' }],
    ['-R', '18080:localhost:3000', { remote: '18080', to: 'localhost:3000' }],
    ['-R', '/run/r.sock:localhost:3000', { remote: '/run/r.sock', to: 'localhost:3000' }],
    ['-R', '1081', { remoteDynamic: '1081' }],
    ['-R', '*:1081', { remoteDynamic: '*:1081' }],
    ['-D', '1080', { dynamic: '1080' }],
    ['-D', '[::1]:1080', { dynamic: '[::1]:1080' }],
  ])('%s %s is read', (flag, spec, expected) => {
    expect(parseForwardSpec(flag, spec)).toEqual({ ok: true, value: expected });
  });

  test.each<[SpecFlag, string, string]>([
    ['-L', '', 'empty'],
    ['-L', '8080', 'too-few'],
    ['-L', 'localhost:8080', 'too-few'],
    ['-L', '8080:db:0', 'bad-port'],
    ['-L', '65536:db:80', 'bad-port'],
    ['-L', 'http:db:80', 'bad-port'],
    ['-L', '8080::80', 'host-missing'],
    ['-L', '::1:8080:db:80', 'too-many'],
    ['-L', '[::1:8080:db:80', 'unclosed-bracket'],
    ['-L', '8080:-oProxyCommand=x:80', 'bad-host'],
    ['-L', '8080:some/where', 'bad-path'],
    ['-R', './r.sock:localhost:80', 'bad-path'],
    ['-D', '8080:db:80', 'too-many'],
    ['-L', '1:2:3:4:5', 'too-many'],
  ])('%s %s is refused: %s', (flag, spec, why) => {
    expect(parseForwardSpec(flag, spec)).toEqual({ ok: false, error: why });
  });

  const host = fc.constantFrom('db', 'db.internal', '10.0.0.1', '[::1]', '[fe80::1%eth0]', '*');
  const port = fc.integer({ min: 1, max: 65535 });

  test('means again what it was written from', () => {
    fc.assert(
      fc.property(fc.option(host), port, host, port, (bind, listen, to, target) => {
        const local = bind === null ? String(listen) : `${bind}:${listen}`;
        expect(parseForwardSpec('-L', `${local}:${to}:${target}`)).toEqual({ ok: true, value: { local, to: `${to}:${target}` } });
      }),
    );
  });

  test('never throws, whatever is written', () => {
    fc.assert(fc.property(fc.constantFrom<SpecFlag>('-L', '-R', '-D'), fc.string(), (flag, spec) => void parseForwardSpec(flag, spec)));
  });
});
