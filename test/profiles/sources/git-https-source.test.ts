import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GitRepo, makeRepo } from '../../support/git-repo.ts';
import { type HttpsServer, startHttps } from '../../support/https-server.ts';
import { must } from '../../support/run.ts';
import { makePlace, type Place, PROFILE } from './place.ts';

const LOGIN = { user: 'ann', password: 'correct-horse' };
const code = (wanted: string) =>
  expect.objectContaining({ problem: { code: wanted, facts: expect.objectContaining({ name: 'team' }) as object } });

describe('a repository behind a real HTTPS server that asks for a login', () => {
  let [server, repo, backend]: [HttpsServer, GitRepo, string] = [] as never;
  const asked: string[] = [];

  beforeAll(async () => {
    repo = await makeRepo();
    await repo.commit({ 'db.yaml': PROFILE });
    backend = join((await must('git', ['--exec-path'])).trim(), 'git-http-backend');
    server = await startHttps((request, response) => {
      asked.push(request.url ?? '');
      const given = `Basic ${Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64')}`;
      if (request.headers.authorization === given) void serve(request, response);
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="team"' }).end();
    });
  });
  afterAll(() => server.stop());

  /** git-http-backend(1), as a web server runs it by CGI (RFC 3875). */
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(request.url ?? '/', server.origin);
    const env = {
      PATH: process.env['PATH'] ?? '',
      GIT_PROJECT_ROOT: dirname(repo.dir),
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      HTTP_GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    };
    const child = spawn(backend, { env, stdio: ['pipe', 'pipe', 'ignore'] });
    request.pipe(child.stdin);
    const whole = await text(child.stdout.setEncoding('latin1'));
    const end = whole.indexOf('\r\n\r\n');
    const headers = whole
      .slice(0, end)
      .split('\r\n')
      .map((line) => line.split(': ', 2) as [string, string]);
    const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
    for (const [name, value] of headers) if (name !== 'Status') response.setHeader(name, value);
    response.writeHead(Number.parseInt(status, 10)).end(Buffer.from(whole.slice(end + 4), 'latin1'));
  }

  const url = (): string => `${server.origin}/${basename(repo.dir)}`;

  /** A person whose git believes the server, and whose credential helper knows this password. */
  function placeWith(password: string | null): Place {
    const place = makePlace();
    place.env['GIT_SSL_CAINFO'] = server.authority;
    const helper = `!f() { echo username=${LOGIN.user}; echo password=${password}; }; f`;
    if (password !== null) writeFileSync(join(place.home, '.gitconfig'), `[credential]\n\thelper = "${helper}"\n`);
    return place;
  }

  test("is fetched with git's own credentials, and again when there is something new", async () => {
    const place = placeWith(LOGIN.password);
    const { id } = await place.update(url());
    expect(place.files()).toEqual({ 'db.yaml': PROFILE });
    expect((await place.update(url())).id).toBe(id);
    const next = await repo.commit({ 'web.yaml': PROFILE });
    expect(await place.update(url())).toMatchObject({ id: next, way: { follows: 'yes', commits: 1 } });
  });

  test.each([
    ['a password that is wrong', 'wrong'],
    ['no helper, and nobody there to be asked', null],
  ])('gives nothing to %s', async (_title, password) => {
    const place = placeWith(password);
    await expect(place.update(url())).rejects.toThrow(code('source-login-refused'));
    expect(place.files()).toEqual({});
  });

  test('of a certificate that nobody vouches for gives nothing, and gets no password', async () => {
    const place = placeWith(LOGIN.password);
    place.env['GIT_SSL_CAINFO'] = undefined;
    const before = asked.length;
    await expect(place.update(url())).rejects.toThrow(code('source-git-certificate'));
    expect([place.files(), asked.length]).toEqual([{}, before]);
    // What the problem says to do is what helps.
    await must('git', ['config', '--file', join(place.home, '.gitconfig'), `http.${server.origin}/.sslCAInfo`, server.authority]);
    await place.update(url());
    expect(place.files()).toMatchObject({ 'db.yaml': PROFILE });
  });
});
