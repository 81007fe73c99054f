import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createCaller } from '../../src/api/client-call.ts';
import { problemOf, ProblemError } from '../../src/model/problem.ts';
import { tempDir } from '../support/temp-home.ts';

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** A server that sends these pieces, each when the one before is on its way, and then does `then`. */
async function serving(pieces: readonly string[], then: (socket: Socket) => void = (socket) => void socket.end()) {
  const path = join(tempDir(), 's');
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    ends.push(() => socket.destroy());
    const answer = async (): Promise<void> => {
      for (const piece of pieces) await new Promise((resolve) => socket.write(piece, 'latin1', () => setImmediate(resolve)));
      then(socket);
    };
    socket.once('data', (data) => {
      heard.push(String(data));
      void answer();
    });
  }).listen(path);
  ends.push(() => server.close());
  await once(server, 'listening');
  return { caller: createCaller(path), heard };
}

const HEAD = 'HTTP/1.1 200 OK\r\nX-Other: a: b\r\ntunnels-version: 1.2.3\r\nConnection: close\r\n';
const ask = { method: 'PUT', path: '/v1/x', patienceMs: 5_000 };
const failed = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  const cause = error instanceof ProblemError ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
  return [problemOf(error).code, cause?.code];
};

describe('a call to the supervisor', () => {
  test('is one request, and its answer is put together whatever pieces it comes in', async () => {
    const text = `${HEAD}Content-Length: 14\r\n\r\n{"a":"\u00c3\u00bc\u00c3\u00bc\u00c3\u00bc"}`;
    for (const pieces of [
      [text],
      [...text],
      [text.slice(0, 12), text.slice(12, text.indexOf('\r\n\r\n') + 2), text.slice(text.indexOf('\r\n\r\n') + 2)],
    ]) {
      const { caller, heard } = await serving(pieces);
      expect(await caller.json({ ...ask, body: { name: 'ü' } })).toEqual({ a: 'üüü' });
      expect(heard).toEqual([
        'PUT /v1/x HTTP/1.0\r\nhost: tunnels\r\ncontent-type: application/json\r\ncontent-length: 13\r\n\r\n{"name":"ü"}',
      ]);
    }
  });

  test.each([
    ['before its head', ['HTTP/1.1 200 O']],
    ['without a word', []],
    ['within its body', [`${HEAD}Content-Length: 30\r\n\r\n{"a":1}`]],
  ])('has no answer where the connection ends %s', async (_, pieces) => {
    expect(await failed((await serving(pieces)).caller.json(ask))).toEqual(['no-supervisor', 'ECONNRESET']);
  });

  test('ends with its signal', async () => {
    const abort = new AbortController();
    const open = await serving([`${HEAD}\r\n`, 'data'], () => abort.abort());
    const stream = await open.caller.stream('/v1/events', abort.signal);
    stream.resume();
    await expect(once(stream, 'end')).rejects.toThrow('aborted');
  });

  test('takes no head without an end', async () => {
    const { caller } = await serving(Array.from({ length: 20 }, () => `${'x'.repeat(8_000)}\r\n`));
    expect(await failed(caller.json(ask))).toEqual(['no-supervisor', 'ECONNRESET']);
  });
});
