import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Problem } from '../../src/model/problem.ts';
import type { Forward } from '../../src/model/profile.ts';
import { BindLater } from '../../src/supervisor/recovery/bind-later.ts';
import { Teller } from '../../src/supervisor/recovery/teller.ts';
import { LocalClaims } from '../../src/supervisor/tunnel/local-claims.ts';
import { LocalLadder } from '../../src/supervisor/tunnel/local-ladder.ts';
import { problemOf } from '../../src/model/problem.ts';
import { Counters } from '../../src/supervisor/tunnel/counters.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { freePort, isFree } from '../support/free-port.ts';
import { until } from '../support/until.ts';
import { memoryLog } from './memory-log.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

type Made = {
  readonly ladder: LocalLadder;
  readonly teller: Teller;
  readonly warnings: (Problem | null)[];
  readonly clock: FakeClock;
  bind(): Promise<{ readonly port: number; readonly close: () => Promise<void> }>;
};

function make(forward: Partial<Forward> & Pick<Forward, 'listen'>, { tunnel = 't', claims = new LocalClaims() } = {}): Made {
  const clock = fakeClock();
  const teller = new Teller(tunnel, { clock, log: memoryLog() });
  const whole: Forward = {
    name: 'f',
    kind: 'dynamic',
    on: 'local',
    from: 0,
    to: null,
    onConflict: ['wait'],
    fallbackPorts: null,
    giveUpAfterMs: null,
    public: false,
    ...forward,
  };
  const ladder = new LocalLadder({ tunnel, forward: whole, clock, teller, claims });
  const warnings: (Problem | null)[] = [];
  const service = {
    forward: whole,
    meter: new Counters(() => {}),
    onFailure: () => {},
    reach: () => Promise.reject(new Error('not asked for')),
  };
  return {
    ladder,
    teller,
    warnings,
    clock,
    async bind() {
      const listener = await ladder.bind({ service, signal: new AbortController().signal, onWarning: (warning) => warnings.push(warning) });
      const close = (): Promise<void> => listener.close(0);
      ends.push(close);
      return { port: 'port' in listener.address ? listener.address.port : 0, close };
    },
  };
}

const refusalOf = (doing: Promise<unknown>): Promise<unknown> =>
  doing.then(
    () => 'bound',
    (error: unknown) => error,
  );

async function listenAt(port: number, host = '127.0.0.1'): Promise<Server> {
  const server = createServer().listen({ port, host, exclusive: true });
  await once(server, 'listening');
  ends.push(() => void server.close());
  return server;
}

const closed = (server: Server): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));
const at = (port: number, host = '127.0.0.1') => ({ host, port });

describe('a binding on this machine', () => {
  test('without trouble tells nothing', async () => {
    const made = make({ listen: at(await freePort()) });
    await made.bind();
    expect(made.warnings).toEqual([null]);
    expect(made.teller.episodes).toEqual([]);
  });

  test('names the other tunnel that has the port, and is had once that lets go', async () => {
    const claims = new LocalClaims();
    const port = await freePort();
    const first = await make({ listen: at(port) }, { tunnel: 'one', claims }).bind();
    const second = make({ listen: at(port) }, { tunnel: 'two', claims });
    const refusal = await refusalOf(second.bind());
    expect(refusal).toBeInstanceOf(BindLater);
    expect(problemOf(refusal)).toMatchObject({ code: 'binding-held', facts: { holder: 'your own tunnel one', tunnel: 'one' } });
    await first.close();
    expect((await second.bind()).port).toBe(port);
    const [episode] = second.teller.episodes;
    expect(episode).toMatchObject({ outcome: 'bound', verdict: 'ours-live', steps: ['wait'], on: 'this machine' });
    expect(claims.holder(at(port))).toBe('two');
  });

  test('does not take a tunnel at an independent address for the holder', async () => {
    const claims = new LocalClaims();
    const port = await freePort();
    await make({ listen: at(port, '::1') }, { tunnel: 'one', claims }).bind();
    expect((await make({ listen: at(port) }, { tunnel: 'two', claims }).bind()).port).toBe(port);
    expect(problemOf(await refusalOf(make({ listen: at(port, '*') }, { tunnel: 'three', claims }).bind()))).toMatchObject({
      facts: { tunnel: 'one' },
    });
  });

  test('counts every connection of the port in its story', async () => {
    const port = await freePort();
    const server = await listenAt(port);
    const client = connect(port, '127.0.0.1');
    ends.push(() => client.destroy());
    await once(server, 'connection');
    const made = make({ listen: at(port) });
    await refusalOf(made.bind());
    const told = made.teller.episodes[0]?.entries.map(({ text }) => text).join('\n');
    expect(told).toContain(`Port ${port} on this machine: 1 LISTEN on 127.0.0.1; 1 ESTABLISHED.`);
    expect(told).toContain(`pid ${process.pid}`);
  });

  test('is had at once over connections in TIME_WAIT', async () => {
    const port = await freePort();
    const server = await listenAt(port);
    const accepted = once(server, 'connection');
    const client = connect(port, '127.0.0.1').resume();
    const [theirs] = (await accepted) as [Socket];
    theirs.resume().end();
    await once(client, 'close');
    await closed(server);
    expect(execFileSync('ss', ['-tanH', 'state', 'time-wait', `( sport = :${port} )`]).toString()).toContain(String(port));
    const made = make({ listen: at(port) });
    await made.bind();
    expect(made.teller.episodes).toEqual([]);
  });

  test('tells an outgoing connection that has the port from a listener', async () => {
    const server = await listenAt(await freePort());
    const far = server.address() as { port: number };
    const client = connect({ port: far.port, host: '127.0.0.1' });
    ends.push(() => client.destroy());
    await once(client, 'connect');
    const port = client.localPort ?? 0;
    expect(problemOf(await refusalOf(make({ listen: at(port) }).bind()))).toMatchObject({
      code: 'binding-own-source-port',
      facts: { to: `127.0.0.1:${far.port}` },
    });
  });

  test('falls back to the next free port, says so, and tries the wanted one first in a new run', async () => {
    const port = await freePort();
    const server = await listenAt(port);
    const pair = await freePair();
    await listenAt(pair.first);
    const made = make({ listen: at(port), onConflict: ['reclaim', 'fallback'], fallbackPorts: pair });
    const listener = await made.bind();
    expect(listener.port).toBe(pair.last);
    expect(made.warnings).toMatchObject([{ code: 'binding-fell-back', facts: { bound: `127.0.0.1:${pair.last}` } }]);
    expect(made.teller.lastOf('f')).toMatchObject({ verdict: 'someone-else', steps: ['fallback'] });
    await listener.close();
    await closed(server);
    made.ladder.callOff();
    expect((await made.bind()).port).toBe(port);
    expect(made.warnings.at(-1)).toBeNull();
  });

  test('waits before it falls back, and then does', async () => {
    const port = await freePort();
    await listenAt(port);
    const other = await freePort();
    const made = make({ listen: at(port), onConflict: ['wait', 'fallback'], fallbackPorts: { first: other, last: other } });
    expect(problemOf(await refusalOf(made.bind())).code).toBe('binding-awaited');
    await made.clock.advance(120_000);
    expect((await made.bind()).port).toBe(other);
    expect(made.teller.episodes).toMatchObject([{ outcome: 'bound', steps: ['wait', 'fallback'] }]);
  });

  test('asks a person after giveUpAfter, with the holder, and begins anew when asked again', async () => {
    const port = await freePort();
    await listenAt(port);
    const made = make({ listen: at(port), giveUpAfterMs: 5_000 });
    expect(await refusalOf(made.bind())).toBeInstanceOf(BindLater);
    await made.clock.advance(5_000);
    const last = problemOf(await refusalOf(made.bind()));
    expect(last).toMatchObject({ code: 'binding-given-up', facts: { holder: expect.stringContaining(`pid ${process.pid}`) } });
    expect(made.teller.episodes).toMatchObject([{ outcome: 'asks' }]);
    expect(await refusalOf(made.bind())).toBeInstanceOf(BindLater);
  });

  test('warns of the ephemeral range', async () => {
    const port = await until(
      async () => {
        const each = 40_000 + Math.floor(Math.random() * 10_000);
        return (await isFree(each)) && each;
      },
      { what: 'a free port' },
    );
    const made = make({ listen: at(port) });
    await made.bind();
    expect(made.warnings).toMatchObject([{ code: 'binding-ephemeral', facts: { port } }]);
  });
});

describe('localhost', () => {
  test('of which another program has ::1 listens on the rest, says so, and becomes whole by itself', async () => {
    const port = await freePort();
    const server = await listenAt(port, '::1');
    const made = make({ listen: at(port, 'localhost') });
    await made.bind();
    const missing = { missing: `[::1]:${port}`, holder: expect.stringContaining(`pid ${process.pid}`) };
    expect(made.warnings).toMatchObject([{ code: 'binding-half-here', facts: missing }]);
    expect(made.teller.episodes).toMatchObject([{ outcome: 'bound' }]);
    await made.clock.advance(2_000);
    expect(made.warnings).toHaveLength(1);
    await closed(server);
    await until(async () => (await made.clock.advance(2_000), made.warnings.length === 2), { what: 'the other half' });
    expect(made.warnings[1]).toBeNull();
    expect(await isFree(port, '::1')).toBe(false);
  });

  test('is not shared with another tunnel', async () => {
    const claims = new LocalClaims();
    const port = await freePort();
    await make({ listen: at(port, '::1') }, { tunnel: 'one', claims }).bind();
    const refusal = await refusalOf(make({ listen: at(port, 'localhost') }, { tunnel: 'two', claims }).bind());
    expect(problemOf(refusal)).toMatchObject({ code: 'binding-held', facts: { tunnel: 'one' } });
    expect(await isFree(port, '127.0.0.1')).toBe(true);
  });
});

/** Two ports in a row that are free. */
async function freePair(): Promise<{ first: number; last: number }> {
  return await until(
    async () => {
      const first = await freePort();
      return (await isFree(first + 1)) && { first, last: first + 1 };
    },
    { what: 'two free ports in a row' },
  );
}
