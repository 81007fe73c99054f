import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pendingOf, pin } from '../../../src/profiles/sources/pins.ts';
import { type HttpsServer, startHttps } from '../../support/https-server.ts';
import { makePlace, type Place, PROFILE } from './place.ts';

const code = (wanted: string, facts: object = {}) =>
  expect.objectContaining({ problem: { code: wanted, facts: expect.objectContaining({ name: 'team', ...facts }) } });

describe('a file of a real HTTPS server', () => {
  let server: HttpsServer;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const asked: string[] = [];

  beforeAll(async () => {
    server = await startHttps((request, response) => {
      asked.push(`${request.url} ${request.headers['if-none-match'] ?? '-'}`);
      answer(request, response);
    });
  });
  afterAll(() => server.stop());
  beforeEach(() => void asked.splice(0));

  function place(): Place {
    const made = makePlace();
    made.env['NODE_EXTRA_CA_CERTS'] = server.authority;
    return made;
  }
  const url = (): string => `${server.origin}/a/db-prod.yaml`;

  const serve = (text: string, etag: string) => {
    answer = (request, response) => {
      if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
      else response.writeHead(200, { etag }).end(text);
    };
  };

  test('becomes a profile, is not sent again while its ETag is the same, and waits to be accepted when it changes', async () => {
    const here = place();
    serve(PROFILE, '"1"');
    const { id } = await here.update(url());
    expect(here.files()).toEqual({ 'db-prod.yaml': PROFILE });
    expect(await here.update(url())).toMatchObject({ id, changes: [] });
    expect(asked).toEqual(['/a/db-prod.yaml -', '/a/db-prod.yaml "1"']);
    await pin(here.paths, { name: 'team', id });
    serve('# evil\n', '"2"');
    expect(await here.update(url())).toMatchObject({ before: id, changes: [{ file: 'db-prod.yaml', is: 'changed' }] });
    // Again, with nothing new since: it still differs from what is in use.
    const changed = [{ file: 'db-prod.yaml', is: 'changed' }];
    expect(await here.update(url())).toMatchObject({ since: id, changes: changed });
    expect(here.files()).toEqual({ 'db-prod.yaml': PROFILE });
    expect(pendingOf(here.paths, { name: 'team' })?.changes).toEqual([{ file: 'db-prod.yaml', is: 'changed' }]);
  });

  test('of a server that nobody vouches for is refused', async () => {
    serve(PROFILE, '"1"');
    await expect(makePlace().update(url())).rejects.toThrow(code('source-certificate'));
    expect(asked).toEqual([]);
  });

  test('is never read beyond 1 MB, whatever the server says of its length', async () => {
    answer = (_request, response) => {
      response.on('error', () => {});
      const more = (): void => void (response.destroyed || response.write('#'.repeat(100_000), more));
      response.writeHead(200);
      more();
    };
    const here = place();
    await expect(here.update(url())).rejects.toThrow(code('source-too-large'));
    expect(here.files()).toEqual({});
  });

  test('whose server says that it is larger is not waited for', async () => {
    answer = (_request, response) => {
      response.on('error', () => {});
      response.writeHead(200, { 'content-length': 1_000_000_000 }).write('#');
    };
    await expect(place().update(url())).rejects.toThrow(code('source-too-large'));
  });

  test('that moved within the server is followed; to another one, to http or in a circle it is not', async () => {
    const to = (location: string) => {
      answer = (request, response) => {
        if (request.url === '/new.yaml') response.writeHead(200).end(PROFILE);
        else response.writeHead(302, { location }).end();
      };
    };
    to('/new.yaml');
    await place().update(url());
    for (const [location, shown] of [
      ['http://127.0.0.1/x.yaml', 'http://127.0.0.1/x.yaml'],
      ['https://localhost:1/x.yaml', 'https://localhost:1/x.yaml'],
      ['/a/db-prod.yaml', url()],
      ['https://[', 'nowhere'],
    ] as const) {
      to(location);
      await expect(place().update(url())).rejects.toThrow(code('source-redirected', { to: shown }));
    }
  });

  test.each([
    [404, 'source-http-status'],
    [500, 'source-http-status'],
    [304, 'source-http-status'],
    [401, 'source-http-login'],
    [403, 'source-http-login'],
  ])('that is answered with %i leaves what is here: %s', async (status, problem) => {
    const here = place();
    serve(PROFILE, '');
    await here.update(url());
    answer = (_request, response) => void response.writeHead(status).end();
    await expect(here.update(url())).rejects.toThrow(code(problem, { status }));
    expect(here.files()).toEqual({ 'db-prod.yaml': PROFILE });
  });

  test('of a server that is gone, or goes in the middle, leaves what is here', async () => {
    const here = place();
    serve(PROFILE, '"1"');
    await here.update(url());
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('hops', () => response.destroy());
    };
    await expect(here.update(url())).rejects.toThrow(code('source-unreachable', { code: 'ECONNRESET' }));
    expect(here.files()).toEqual({ 'db-prod.yaml': PROFILE });
  });
});
