import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import { Links } from '../../../src/ssh/links/links.ts';
import type { Remark } from '../../../src/ssh/remark.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop, required } from '../identity/hop.ts';

const dir = tempDir();
let sshd: Sshd;
let key: Key;
beforeAll(async () => {
  const banner = join(dir, 'banner');
  writeFileSync(banner, `Keep out.\n\u001b[2J\u001b]0;owned\u0007${'x'.repeat(5_000)}\n`);
  [sshd, key] = await Promise.all([startSshd({ config: [`Banner ${banner}`] }), makeKey(dir, { name: 'key' })]);
  sshd.authorize(key.publicLine);
});
afterAll(() => sshd.stop());

const hopTo = (file: string): ResolvedHop =>
  aHop({
    port: sshd.port,
    user: sshd.user,
    identities: required(key.path),
    knownHosts: { alias: null, userFiles: [file], systemFiles: [], pins: [] },
    trust: { ...aHop().trust, strict: 'accept-new' },
  });

describe('what a connection has to say beside its state', () => {
  test('is told once, with the tunnels that use it; a banner is cut short and steers no terminal', async () => {
    const told: { remark: Remark; tunnels: readonly string[] }[] = [];
    const links = new Links({ clock: systemClock, onChange: () => {}, onRemark: (remark, tunnels) => told.push({ remark, tunnels }) });
    const file = join(dir, 'known_hosts');
    const route = { hops: [hopTo(file)], keepalive: { intervalMs: 60_000, countMax: 3 } };
    const signal = new AbortController().signal;
    const leases = await Promise.all(['one', 'two'].map((tunnel) => links.lease(route, signal, { tunnel })));
    for (const lease of leases) await lease.release('for-good');
    const at = { host: sshd.host, port: sshd.port };
    expect(told).toEqual([
      {
        remark: { is: 'host-key-added', ...at, key: `ssh-ed25519 ${sshd.hostKey.fingerprint}`, file, by: 'policy' },
        tunnels: ['one', 'two'],
      },
      {
        remark: { is: 'banner', ...at, text: expect.stringMatching(/^Keep out\.\n\?\[2J\?\]0;owned\?x{1000,2000}$/) },
        tunnels: ['one', 'two'],
      },
    ]);
    expect(readFileSync(file, 'utf8')).toBe(sshd.knownHostsLine());
  });
});
