import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { problemOf } from '../../../src/model/problem.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { type Lease, Links, type Route } from '../../../src/ssh/links/links.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { until } from '../../support/until.ts';
import { aHop, required } from '../identity/hop.ts';

const ends: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function server(key: Key): Promise<{ sshd: Sshd; hop: ResolvedHop }> {
  const sshd = await startSshd();
  ends.push(() => sshd.stop());
  sshd.authorize(key.publicLine);
  const pins = sshd.hostKeys.map(({ fingerprint }) => fingerprint);
  const knownHosts = { alias: null, userFiles: [], systemFiles: [], pins };
  return { sshd, hop: aHop({ port: sshd.port, user: sshd.user, identities: required(key.path), knownHosts }) };
}

const newLinks = () => {
  const links = new Links({ clock: systemClock, onChange: () => {} });
  ends.push(() => links.end());
  return links;
};
const routeOf = (...hops: ResolvedHop[]): Route => ({ hops, keepalive: { intervalMs: 15_000, countMax: 3 } });
const open = () => new AbortController().signal;
const logins = (sshd: Sshd) => sshd.log().match(/Accepted publickey/g)?.length ?? 0;
const given = (lease: Lease): Lease => {
  ends.push(() => lease.release('for-good'));
  return lease;
};

describe('connections of a tunnel’s own', () => {
  test('are one login more at each hop, shared with nobody, and closed a little after they are given back', async () => {
    const key = await makeKey(tempDir());
    const [bastion, far] = await Promise.all([server(key), server(key)]);
    const links = newLinks();
    const route = routeOf(bastion.hop, far.hop);
    const [one, two] = (await Promise.all(['one', 'two'].map((tunnel) => links.lease(route, open(), { tunnel })))).map(given);
    expect(links.sharing(route, 'one')).toEqual({ isShared: true, isUnaided: true });
    const own = await links.lease(route, open(), { tunnel: 'one', apart: true });
    const other = given(await links.lease(route, open(), { tunnel: 'two', apart: true }));
    expect(new Set([one, two, own, other].flatMap((lease) => lease?.links)).size).toBe(6);
    await other.release('for-good');
    await own.release('may-return');
    expect((await links.lease(route, open(), { tunnel: 'one', apart: true }).then(given)).links).toEqual(own.links);
    expect([logins(bastion.sshd), logins(far.sshd)]).toEqual([3, 3]);
    await ends.pop()?.();
    await until(() => bastion.sshd.sessions().length === 1 && far.sshd.sessions().length === 1, { what: 'the second sessions to end' });
    await two?.release('for-good');
    expect(links.sharing(route, 'one')).toEqual({ isShared: false, isUnaided: true });
    expect(links.states(route).map(({ state }) => state)).toEqual(['up', 'up']);
  });

  test('share the first hop with who goes on elsewhere, which counts as shared', async () => {
    const key = await makeKey(tempDir());
    const [bastion, far] = await Promise.all([server(key), server(key)]);
    const links = newLinks();
    const route = routeOf(bastion.hop, far.hop);
    given(await links.lease(route, open(), { tunnel: 'one' }));
    expect(links.sharing(route, 'one').isShared).toBe(false);
    given(await links.lease(routeOf(bastion.hop), open(), { tunnel: 'two' }));
    expect(links.sharing(route, 'one').isShared).toBe(true);
  });

  test('that are refused cost the shared ones nothing, not even the next login', async () => {
    const dir = tempDir();
    const [key, wrong] = await Promise.all([makeKey(dir), makeKey(dir, { name: 'wrong' })]);
    const { sshd, hop } = await server(key);
    const links = newLinks();
    const shared = given(await links.lease(routeOf(hop), open(), { tunnel: 'one' }));
    copyFileSync(key.path, join(dir, 'right'));
    copyFileSync(wrong.path, key.path);
    for (let time = 0; time < 3; time += 1) {
      const refused = await links.lease(routeOf(hop), open(), { tunnel: 'one', apart: true }).catch(problemOf);
      expect(refused).toMatchObject({ code: 'login-refused' });
    }
    expect(links.states(routeOf(hop))[0]?.state).toBe('up');
    copyFileSync(join(dir, 'right'), key.path);
    sshd.killSession();
    await shared.lost;
    given(await links.lease(routeOf(hop), open(), { tunnel: 'one' }));
    expect(logins(sshd)).toBe(2);
  });

  test('are not asked for where a person had to help with the login', async () => {
    const dir = tempDir();
    const key = await makeKey(dir, { passphrase: 'secret' });
    const { hop } = await server(key);
    const links = new Links({ clock: systemClock, onChange: () => {}, desk: { ask: async () => ['secret'] } });
    ends.push(() => links.end());
    for (const tunnel of ['one', 'two']) given(await links.lease(routeOf(hop), open(), { tunnel, onNeeded: () => {} }));
    expect(links.sharing(routeOf(hop), 'one')).toEqual({ isShared: true, isUnaided: false });
  });
});
