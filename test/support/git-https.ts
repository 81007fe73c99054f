import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { GitRepo } from './git-repo.ts';
import { type HttpsServer, startHttps } from './https-server.ts';
import { must } from './run.ts';

export type GitLogin = { readonly user: string; readonly password: string };

export type GitHttps = HttpsServer & {
  /** Of the repository. */
  readonly url: string;
  /** The paths that were asked for so far, with and without the login. */
  readonly asked: readonly string[];
};

/** A real HTTPS server on the loopback that serves a repository to whoever has the login, by git-http-backend(1). */
export async function startGitHttps(repo: GitRepo, login: GitLogin): Promise<GitHttps> {
  const backend = join((await must('git', ['--exec-path'])).trim(), 'git-http-backend');
  const asked: string[] = [];
  const given = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
  const server = await startHttps((request, response) => {
    asked.push(request.url ?? '');
    if (request.headers.authorization === given) void serve(request, response, { backend, root: dirname(repo.dir) });
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="team"' }).end();
  });
  return { ...server, url: `${server.origin}/${basename(repo.dir)}`, asked };
}

type Place = { readonly backend: string; readonly root: string };

/** As a web server runs it by CGI (RFC 3875). */
async function serve(request: IncomingMessage, response: ServerResponse, { backend, root }: Place): Promise<void> {
  const { pathname, search } = new URL(request.url ?? '/', 'https://here');
  const env = {
    PATH: process.env['PATH'] ?? '',
    GIT_PROJECT_ROOT: root,
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
