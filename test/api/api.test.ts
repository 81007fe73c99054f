import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../../src/api/client.ts';
import { ApiFailureSchema, type LogLine, MAX_BODY_BYTES, type SupervisorEvent } from '../../src/api/contract.ts';
import { problemOf } from '../../src/model/problem.ts';
import * as v from 'valibot';
import { run } from '../support/run.ts';
import { until } from '../support/until.ts';
import { HEALTH, MEMORY, served } from './served.ts';

let api: Awaited<ReturnType<typeof served>>;
beforeEach(async () => {
  api = await served();
});
afterEach(async () => {
  api.ending.abort();
  const closed = api.server.close();
  await api.clock.advance(1_000);
  await closed;
});

const request = { profile: { hops: ['a'] }, origin: 'test' };
const problemFrom = (promise: Promise<unknown>) => promise.then(() => null, problemOf);
const take = async <T>(source: AsyncIterable<T>, count: number): Promise<T[]> => {
  const taken: T[] = [];
  for await (const item of source) if (taken.push(item) === count) break;
  return taken;
};
const curl = async (path: string, ...args: string[]) => {
  const { stdout } = await run('curl', ['-sS', '-w', '\n%{http_code}', '--unix-socket', api.socket, ...args, `http://localhost${path}`]);
  const at = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(at)), body: JSON.parse(stdout.slice(0, at)) as Record<string, unknown> };
};
const line = (text: string, tunnel: string | null = null): LogLine => ({
  time: '2026-01-01T00:00:00.000Z',
  level: 'info',
  tunnel,
  event: 'e',
  text,
});

describe('a client and the supervisor', () => {
  test('agree about health, and the client then knows the version', async () => {
    expect(api.client.serverVersion).toBeNull();
    expect(await api.client.health()).toEqual(HEALTH);
    expect(api.client.serverVersion).toBe('0.0.0-source');
  });

  test('bring a tunnel up, restart it and take it down', async () => {
    expect(await api.client.up('db', request)).toMatchObject({ name: 'db', state: 'up' });
    expect(await api.client.restart('db')).toMatchObject({ state: 'up' });
    expect(await api.client.down('db')).toMatchObject({ state: 'down' });
    expect((await api.client.status()).tunnels).toMatchObject([{ name: 'db', wanted: 'down' }]);
  });

  test('agree on what is about to be asked for, whether there are such tunnels or not', async () => {
    const post = (body: string) => curl('/v1/foretell', '-X', 'POST', '-d', body);
    expect(await post('{"names":["db","no-tunnel"]}')).toEqual({ status: 200, body: {} });
    expect(api.tunnels.foretold).toEqual(['db', 'no-tunnel']);
    expect((await post('{"name":"db"}')).status).toBe(400);
    expect(api.tunnels.foretold).toHaveLength(2);
  });

  test('show only the tunnels asked for', async () => {
    await api.client.up('db', request);
    await api.client.up('web', request);
    const { supervisor, tunnels } = await api.client.status(['web']);
    expect(tunnels.map(({ name }) => name)).toEqual(['web']);
    expect(supervisor).toEqual({ pid: HEALTH.pid, version: HEALTH.version, since: HEALTH.since, memory: MEMORY });
  });

  test.each(['status', 'down', 'restart'] as const)('do not know a mistyped name in %s, and suggest the nearest', async (call) => {
    await api.client.up('db-prod', request);
    const asked = call === 'status' ? api.client.status(['db-prd']) : api.client[call]('db-prd');
    expect(await problemFrom(asked)).toEqual({ code: 'tunnel-not-found', facts: { name: 'db-prd', nearest: 'db-prod' } });
    expect((await api.client.status()).tunnels).toMatchObject([{ wanted: 'up' }]);
  });

  test('carry a problem over unchanged', async () => {
    const trouble = await problemFrom(api.client.up('db', { profile: { trouble: 'refuse' }, origin: 'test' }));
    expect(trouble).toEqual({ code: 'binding-held', facts: { listen: '127.0.0.1:1', on: 'local', holder: 'nc' } });
  });

  test('have no confusion over names with slashes', async () => {
    expect(await problemFrom(api.client.up('../../v1/stop', request))).toMatchObject({ code: 'supervisor-refused' });
    expect(api.asked.stops).toBe(0);
  });

  test('part: stop resolves when the supervisor has gone', async () => {
    await api.client.stop();
    expect(api.asked.stops).toBe(1);
    expect(await problemFrom(api.client.health())).toMatchObject({ code: 'no-supervisor', facts: { why: 'ENOENT' } });
  });
});

describe('the event stream', () => {
  test('begins with a snapshot and misses nothing after it', async () => {
    await api.client.up('db', request);
    const abort = new AbortController();
    const seen: SupervisorEvent[] = [];
    const reading = (async () => {
      for await (const event of api.client.events(abort.signal)) {
        // Inside the loop: a change at the very moment that the snapshot arrives.
        if (seen.push(event) === 1) for (let i = 0; i < 50; i += 1) api.tunnels.put(`t${i}`, 'up');
        if (seen.length === 51) abort.abort();
      }
    })();
    await reading;
    expect(seen[0]).toMatchObject({ type: 'snapshot', snapshot: { tunnels: [{ name: 'db' }] } });
    expect(seen.slice(1).map((event) => event.type === 'tunnel' && event.tunnel.name)).toEqual(
      Array.from({ length: 50 }, (_, i) => `t${i}`),
    );
  });

  test('leaves no listener behind when the client goes', async () => {
    await take(api.client.events(new AbortController().signal), 1);
    await until(() => api.tunnels.listeners() === 0, { what: 'the end of the subscription' });
    expect(api.clock.pending()).toEqual([]);
  });

  test('says that the supervisor has gone when it ends by itself', async () => {
    const events = api.client.events(new AbortController().signal)[Symbol.asyncIterator]();
    await events.next();
    api.ending.abort();
    expect(await problemFrom(events.next())).toMatchObject({ code: 'no-supervisor' });
  });

  test('beats every 15 s, so that both ends know of each other', async () => {
    const socket = connect(api.socket);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.write('GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => text.includes('snapshot'), { what: 'the first event' });
    const beats = (): number => text.split(': here').length - 1;
    expect(beats()).toBe(1);
    await api.clock.advance(45_000);
    await until(() => beats() === 4, { what: 'three more beats' });
    socket.destroy();
  });

  test('cuts off a reader that does not read, and others never notice', async () => {
    const stuck = connect(api.socket);
    stuck.on('error', () => {}).pause();
    stuck.write('GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => api.tunnels.listeners() === 1, { what: 'its subscription' });
    const big = 'x'.repeat(60);
    await until(
      () => {
        for (let i = 0; i < 2_000; i += 1) api.tunnels.put(big, 'up');
        return api.tunnels.listeners() === 0;
      },
      { what: 'its end' },
    );
    stuck.destroy();
    expect(await api.client.health()).toEqual(HEALTH);
  });
});

describe('the log stream', () => {
  test('ends after the lines asked for', async () => {
    for (const text of ['a', 'b', 'c']) api.log(line(text));
    const lines = await take(api.client.logs({ lines: 2 }, new AbortController().signal), 99);
    expect(lines.map(({ text }) => text)).toEqual(['b', 'c']);
    expect(api.logListeners()).toBe(0);
  });

  test('follows one tunnel', async () => {
    api.log(line('old', 'db'));
    const logs = api.client.logs({ name: 'db', follow: true }, new AbortController().signal)[Symbol.asyncIterator]();
    expect((await logs.next()).value).toMatchObject({ text: 'old' });
    api.log(line('other', 'web'));
    api.log(line('new', 'db'));
    expect((await logs.next()).value).toMatchObject({ text: 'new' });
    await logs.return?.();
    await until(() => api.logListeners() === 0, { what: 'the end of the subscription' });
  });
});

describe('anybody with curl', () => {
  test('can do all of it', async () => {
    const up = await curl('/v1/tunnels/db', '-X', 'PUT', '-d', JSON.stringify(request));
    expect(up).toMatchObject({ status: 200, body: { name: 'db' } });
    expect((await curl('/v1/status?name=db')).body).toMatchObject({ schemaVersion: 1, tunnels: [{ name: 'db' }] });
    expect((await curl('/v1/tunnels/db/restart', '-X', 'POST')).status).toBe(200);
    expect((await curl('/v1/tunnels/db', '-X', 'DELETE')).body).toMatchObject({ wanted: 'down' });
  });

  test.each([
    ['an unknown route', 404, '/v1/nothing', []],
    ['an unknown tunnel', 404, '/v1/tunnels/db', ['-X', 'DELETE']],
    ['a body that is not JSON', 400, '/v1/tunnels/db', ['-X', 'PUT', '-d', '{']],
    ['a body of another shape', 400, '/v1/tunnels/db', ['-X', 'PUT', '-d', '{"profile":{},"origin":"x","extra":1}']],
    ['a name that is not encoded as paths are', 400, '/v1/tunnels/%zz', ['-X', 'DELETE']],
    ['a name that is none', 400, '/v1/tunnels/-x', ['-X', 'PUT', '-d', '{"profile":{},"origin":"x"}']],
    ['a number of lines that is none', 400, '/v1/logs?lines=many', []],
    ['a time that is none', 400, '/v1/logs?since=yesterday', []],
    ['a web page', 403, '/v1/status', ['-H', 'Origin: http://evil.example']],
  ] as const)('is told with code, facts and words about %s', async (...[, status, path, args]) => {
    const answer = await curl(path, ...args);
    expect(answer.status).toBe(status);
    expect(v.is(ApiFailureSchema, answer.body)).toBe(true);
    expect(api.tunnels.snapshot()).toEqual([]);
  });

  test.each([
    ['told in advance', []],
    ['in chunks', ['-H', 'Transfer-Encoding: chunked']],
  ])('cannot send more than the limit, %s', async (_, args) => {
    const body = JSON.stringify({ ...request, origin: 'x'.repeat(MAX_BODY_BYTES) });
    const { stdout } = await run(
      'curl',
      ['-sS', '-w', '\n%{http_code}', '--unix-socket', api.socket, '-X', 'PUT', ...args, '--data-binary', '@-', 'http://l/v1/tunnels/db'],
      {
        input: body,
      },
    );
    expect(stdout.split('\n').at(-1)).toBe('413');
    expect(api.tunnels.snapshot()).toEqual([]);
  });
});

test('a profile as large as files may be comes through, and a larger request is told before it is sent', async () => {
  const text = `gw ssh-ed25519 ${'A'.repeat(68)}\n`.repeat(12_000).slice(0, 1_000_000).trimEnd();
  const knownHosts = { file: '/team/known_hosts', text };
  expect(await api.client.up('db', { ...request, profile: { ...request.profile, knownHosts } })).toMatchObject({ name: 'db' });
  const wrong = api.client.up('web', { ...request, origin: 'x'.repeat(MAX_BODY_BYTES) });
  await expect(wrong).rejects.toMatchObject({ problem: { code: 'request-too-large' } });
  expect(api.tunnels.snapshot().map(({ name }) => name)).toEqual(['db']);
});

test('a supervisor that sends something else than promised is refused, not believed', async () => {
  const { createServer } = await import('node:http');
  const answers = ['nonsense', '{"pid":"x"}', '{}'];
  const socket = `${api.socket}.2`;
  const server = createServer((_, response) => void response.end(answers.shift())).listen(socket);
  await until(() => server.listening, { what: 'the server' });
  const client = createClient(socket);
  for (let i = 0; i < 3; i += 1) expect(await problemFrom(client.health())).toMatchObject({ code: 'supervisor-refused' });
  server.close();
});

test('a code that this client does not know keeps its words', async () => {
  const { createServer } = await import('node:http');
  const socket = `${api.socket}.3`;
  const failure = { code: 'of-the-future', facts: {}, text: 'It rains.', next: 'Wait.' };
  const server = createServer((_, response) => void response.writeHead(500).end(JSON.stringify(failure))).listen(socket);
  await until(() => server.listening, { what: 'the server' });
  expect(await problemFrom(createClient(socket).health())).toEqual({ code: 'supervisor-refused', facts: { why: 'It rains. Wait.' } });
  server.close();
});

test('an interrupted upload changes nothing', async () => {
  const started = httpRequest({ socketPath: api.socket, method: 'PUT', path: '/v1/tunnels/db', headers: { 'content-length': 1000 } });
  started.on('error', () => {});
  await new Promise<void>((resolve) => started.write('{"profile":{', () => resolve()));
  started.destroy();
  expect(await api.client.health()).toEqual(HEALTH);
  expect(api.tunnels.snapshot()).toEqual([]);
});
