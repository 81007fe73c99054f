import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import { Links, type Route } from '../../../src/ssh/links/links.ts';
import { DEFAULT_OPTIONS } from '../../../src/ssh/hop-options.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { makeKey } from '../../support/keys.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { until } from '../../support/until.ts';

const ends: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** A real sshd behind a small relay that can swallow everything, as a broken network does. */
async function server() {
  const sshd = await startSshd();
  ends.push(() => sshd.stop());
  const key = await makeKey(tempDir());
  sshd.authorize(key.publicLine);
  const relay = await startRelay(sshd);
  const hop: ResolvedHop = {
    name: 'hop',
    host: '127.0.0.1',
    port: relay.port,
    user: sshd.user,
    identities: [{ path: key.path, required: true }],
    identitiesOnly: true,
    agent: null,
    knownHosts: { alias: null, userFiles: [], systemFiles: [], pins: sshd.hostKeys.map(({ fingerprint }) => fingerprint) },
    connectTimeoutMs: 5_000,
    addressFamily: 'any',
    ...DEFAULT_OPTIONS,
  };
  return { sshd, relay, hop };
}

async function startRelay(sshd: Sshd) {
  const pairs: { readonly client: Socket; readonly upstream: Socket }[] = [];
  const state: { swallowing: false | 'kept' | 'lost' | 'refused' } = { swallowing: false };
  const relay = createServer({ pauseOnConnect: true }, (client) => {
    const upstream = connect(sshd.port, sshd.host);
    pairs.push({ client, upstream });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
      if (state.swallowing === 'refused') from.destroy();
      else if (state.swallowing === 'kept') from.pause();
      else if (state.swallowing === 'lost') from.resume();
      else from.pipe(to);
    }
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  ends.push(() => {
    relay.close();
    for (const { client, upstream } of pairs) [client, upstream].forEach((socket) => socket.destroy());
  });
  return {
    port: (relay.address() as AddressInfo).port,
    accepted: () => pairs.length,
    /** Existing connections go silent, new ones too until `let`; what is sent is kept back, or lost; or new ones are closed at once. */
    swallow(what: 'kept' | 'lost' | 'refused' = 'kept') {
      state.swallowing = what;
      for (const { client, upstream } of pairs) {
        for (const socket of [client.unpipe(), upstream.unpipe()]) {
          if (what === 'kept') socket.pause();
          else socket.resume();
        }
      }
    },
    /** New connections are served; the old ones stay silent unless they are let as well. */
    let(which: 'new' | 'all') {
      state.swallowing = false;
      if (which === 'all') for (const { client, upstream } of pairs) client.pipe(upstream).pipe(client);
    },
    /** Only the second connection is served from now on. */
    letSecond() {
      const second = pairs[1];
      second?.client.pipe(second.upstream).pipe(second.client);
    },
  };
}

const keepalive = { intervalMs: 300, countMax: 100 };
const routeOf = (...hops: ResolvedHop[]): Route => ({ hops, keepalive });
const open = () => new AbortController().signal;
const newLinks = () => {
  const links = new Links({ clock: systemClock, onChange: () => {} });
  ends.push(() => links.end());
  return links;
};

describe('links', () => {
  test('are shared by those who go the same way, and closed when the last one leaves', async () => {
    const { sshd, hop } = await server();
    const links = newLinks();
    // Where their settings were read makes no other way of it.
    const told = routeOf({ ...hop, configFile: '/etc/other' });
    const [one, two] = await Promise.all([links.lease(routeOf(hop), open()), links.lease(told, open())]);
    expect(one.links[0]).toBe(two.links[0]);
    expect(sshd.log().match(/Accepted publickey/g)).toHaveLength(1);
    await one.release('for-good');
    expect(links.states(routeOf(hop))[0]?.state).toBe('up');
    await two.release('for-good');
    expect(links.states(routeOf(hop))[0]?.state).toBe('down');
    await until(() => sshd.sessions().length === 0, { what: 'the session to end' });
  });

  test('are begun before it is certain whom they lead to, and logged in to when it is, by any who share them', async () => {
    const { sshd, relay, hop } = await server();
    const links = newLinks();
    const mayBe = new AbortController();
    const unsure = links.lease(routeOf(hop), mayBe.signal, { sure: new Promise(() => {}) });
    unsure.catch(() => {});
    await until(() => relay.accepted() === 1, { what: 'the connection' });
    expect(sshd.log()).not.toContain('Accepted publickey');
    const sure = await links.lease(routeOf(hop), open());
    ends.push(() => sure.release('for-good'));
    mayBe.abort(new Error('another route'));
    await expect(unsure).rejects.toThrow('another route');
    expect([relay.accepted(), links.states(routeOf(hop))[0]?.state]).toEqual([1, 'up']);
    const late = Promise.resolve();
    expect((await links.lease(routeOf(hop), open(), { sure: late })).links[0]).toBe(sure.links[0]);
  });

  test('are given up without a login where it turns out to be somebody else', async () => {
    const { sshd, relay, hop } = await server();
    const links = newLinks();
    const wrong = new AbortController();
    const lease = links.lease(routeOf(hop), wrong.signal, { sure: new Promise(() => {}) });
    lease.catch(() => {});
    await until(() => relay.accepted() === 1, { what: 'the connection' });
    wrong.abort(new Error('another route'));
    await expect(lease).rejects.toThrow('another route');
    // It may be over before the server has heard of it.
    await until(() => sshd.sessions().length === 0, { what: 'the connection to end' });
    expect(sshd.log()).not.toContain('Accepted publickey');
    expect(links.states(routeOf(hop))[0]?.state).toBe('down');
  });

  test('are kept, without a second login, when the old connection answers first', async () => {
    const { sshd, relay, hop } = await server();
    const links = newLinks();
    const revived: string[] = [];
    const lease = await links.lease(routeOf(hop), open(), { onRevived: (name) => revived.push(name) });
    ends.push(() => lease.release('for-good'));
    relay.swallow();
    await until(() => relay.accepted() > 1, { what: 'a dial beside the doubted connection' });
    expect(links.states(routeOf(hop))[0]?.state).toBe('suspect');
    relay.let('all');
    await until(() => links.states(routeOf(hop))[0]?.state === 'up', { what: 'the connection to be trusted again' });
    expect((await links.lease(routeOf(hop), open())).links[0]).toBe(lease.links[0]);
    expect(sshd.log().match(/Accepted publickey/g)).toHaveLength(1);
    expect(revived).toEqual(['hop']);
  });

  test('are replaced as soon as a new connection is answered and the old one is not', async () => {
    const { sshd, relay, hop: patient } = await server();
    // A dial that the silence caught in its key exchange must not hold the next one up.
    const hop = { ...patient, connectTimeoutMs: 500 };
    const links = newLinks();
    const lease = await links.lease(routeOf(hop), open());
    relay.swallow('lost');
    await until(() => links.states(routeOf(hop))[0]?.state === 'suspect', { what: 'the connection to be doubted' });
    relay.let('new');
    expect((await lease.lost).code).toBe('link-replaced');
    await lease.release('may-return');
    const again = await links.lease(routeOf(hop), open());
    ends.push(() => again.release('for-good'));
    expect(again.links[0]).not.toBe(lease.links[0]);
    expect(again.links[0]?.reset?.ends).toHaveLength(1);
    await until(() => sshd.sessions().length === 1, { what: 'the reset to end the old session' });
  });

  test('that nobody waits for any more are not dialled on', async () => {
    const { relay, hop } = await server();
    relay.swallow();
    const links = newLinks();
    const abort = new AbortController();
    const lease = links.lease(routeOf(hop), abort.signal);
    await until(() => relay.accepted() === 1, { what: 'the dial' });
    abort.abort(new Error('called off'));
    await expect(lease).rejects.toThrow('called off');
    expect(links.states(routeOf(hop))[0]?.state).toBe('down');
  });

  test('carry the next hop, and take it with them when they are lost', async () => {
    const { sshd, hop } = await server();
    const links = newLinks();
    const inner = { ...hop, name: 'inner', port: sshd.port };
    const lease = await links.lease(routeOf(hop, inner), open());
    expect(sshd.sessions()).toHaveLength(2);
    const lost = lease.links[1]?.lost;
    sshd.killSession();
    expect((await lost)?.code).toBe('link-closed');
    await lease.release('may-return');
  });

  test('reject every request that a lost connection will never answer', async () => {
    const { relay, hop } = await server();
    const links = newLinks();
    const lease = await links.lease({ ...routeOf(hop), keepalive: { intervalMs: 300, countMax: 2 } }, open());
    relay.swallow();
    const link = lease.links[0];
    if (link === undefined) throw new Error('no link');
    const asked = [
      link.open({ host: '127.0.0.1', port: 1 }, null),
      link.listen({ host: '127.0.0.1', port: 0 }, () => {}),
      link.exec('true'),
    ];
    const answers = await Promise.allSettled(asked);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await lease.release('may-return');
  });

  test('leave nothing behind of a way that was given up before its second hop', async () => {
    const { sshd, relay, hop } = await server();
    const links = newLinks();
    const inner = { ...hop, name: 'inner', port: sshd.port };
    relay.swallow('lost');
    const abort = new AbortController();
    const givenUp = links.lease(routeOf(hop, inner), abort.signal);
    await until(() => relay.accepted() === 1, { what: 'the dial' });
    abort.abort(new Error('called off'));
    await expect(givenUp).rejects.toThrow('called off');
    relay.let('new');
    const lease = await links.lease(routeOf(hop, inner), open());
    expect(sshd.log().match(/Accepted publickey/g)).toHaveLength(2);
    await lease.release('for-good');
    await until(() => sshd.sessions().length === 0, { what: 'every session to end' });
  });

  test('are reset by a new connection also where they were given up between its TCP and its key exchange', async () => {
    const { sshd, relay, hop } = await server();
    const links = newLinks();
    const lease = await links.lease({ ...routeOf(hop), keepalive: { intervalMs: 300, countMax: 2 } }, open());
    relay.swallow('kept');
    await until(() => relay.accepted() === 2, { what: 'a dial beside the doubted connection' });
    expect((await lease.lost).code).toBe('link-silent');
    relay.letSecond();
    const again = await links.lease({ ...routeOf(hop), keepalive: { intervalMs: 300, countMax: 2 } }, open());
    ends.push(() => again.release('for-good'));
    await lease.release('may-return');
    expect(again.links[0]?.reset?.ends).toHaveLength(1);
    await until(() => sshd.sessions().length === 1, { what: 'the reset to end the old session' });
  });

  test('that were given up are ended as soon as their server is heard again, also where nobody dials it', async () => {
    const { sshd, relay, hop } = await server();
    const links = newLinks();
    const lease = await links.lease({ ...routeOf({ ...hop, connectTimeoutMs: 500 }), keepalive: { intervalMs: 300, countMax: 2 } }, open());
    relay.swallow('kept');
    expect((await lease.lost).code).toBe('link-silent');
    await lease.release('for-good');
    relay.let('all');
    await until(() => sshd.sessions().length === 0, { what: 'the old session to end' });
  });

  test('that are doubted are not dialled beside again and again where somebody turns the new connections away', async () => {
    const { relay, hop } = await server();
    const links = newLinks();
    const lease = await links.lease({ ...routeOf(hop), keepalive: { intervalMs: 300, countMax: 8 } }, open());
    relay.swallow('refused');
    expect((await lease.lost).code).toBe('link-silent');
    expect(relay.accepted()).toBeGreaterThan(1);
    expect(relay.accepted()).toBeLessThan(6);
    await lease.release('for-good');
  });
});
