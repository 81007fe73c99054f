import { existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { freePort, isFree } from './free-port.ts';
import { claim } from './run-folder.ts';
import { tempHome } from './temp-home.ts';
import { until } from './until.ts';

describe('ports for tests', () => {
  test('are given out once, free, and below the ephemeral range', async () => {
    const ports = await Promise.all(Array.from({ length: 30 }, () => freePort()));
    expect(new Set(ports).size).toBe(30);
    expect(ports.every((port) => port >= 10_000 && port < 32_768)).toBe(true);
    for (const port of ports) expect(await isFree(port)).toBe(true);
  });

  test('are not free while somebody listens on one address of one family', async () => {
    const port = await freePort();
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    expect(await isFree(port)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
    expect(await isFree(port)).toBe(true);
  });

  test('are claimed by one process of a run only', () => {
    expect([claim('test-of-claim'), claim('test-of-claim')].filter(Boolean).length).toBeLessThanOrEqual(1);
  });
});

describe('a temporary home', () => {
  test('is private, has room for a socket’s path, and goes without a trace', () => {
    const home = tempHome();
    expect(`${home.tunnelsHome}/supervisor.sock`.length).toBeLessThan(100);
    const profile = home.profile('db', 'forwards: []\n');
    const config = home.write('.ssh/config.d/one', 'Host a\n', 0o644);
    const modes = [home.home, `${home.home}/.ssh`, home.tunnelsHome, profile, config].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o700, 0o700, 0o700, 0o600, 0o644]);
    home.remove();
    expect(existsSync(home.home)).toBe(false);
  });
});

describe('until', () => {
  test('gives the first value that is there', async () => {
    let tries = 0;
    const value = await until(() => (++tries === 3 ? 'third' : undefined), { what: 'the third', everyMs: 1 });
    expect(value).toBe('third');
  });

  test('says what it waited for in vain', async () => {
    await expect(until(() => false, { what: 'rain', withinMs: 1, everyMs: 1 })).rejects.toThrow('rain');
  });
});
