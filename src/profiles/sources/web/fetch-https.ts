import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { problem, ProblemError } from '../../../model/problem.ts';
import { trustedAuthorities } from './authorities.ts';
import { MOST_FILE_BYTES } from '../limits.ts';
import type { SnapshotFile } from '../state/snapshot.ts';
import { fileNameOf, type HttpsSpec } from '../spec.ts';

export type HttpsGiven = {
  readonly name: string;
  readonly spec: HttpsSpec;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the answer that is here; null asks for all of it. */
  readonly etag: string | null;
  readonly signal?: AbortSignal;
};

export type HttpsAnswer = { readonly file: SnapshotFile; readonly sha256: string; readonly etag: string | null };

const PATIENCE_MS = 30_000;
const MOST_HOPS = 5;
const LONGEST_ETAG = 1_000;

/**
 * Gets the one file, or null where it has not changed (RFC 9110, 13.1.2). Follows redirects within the same origin only.
 * Throws `source-unreachable`, `source-certificate`, `source-http-status`, `source-http-login`, `source-redirected`,
 * `source-too-large`, `source-timeout`.
 */
export async function fetchHttps(given: HttpsGiven): Promise<HttpsAnswer | null> {
  const timeout = AbortSignal.timeout(PATIENCE_MS);
  const signal = given.signal === undefined ? timeout : AbortSignal.any([timeout, given.signal]);
  try {
    return await follow(new URL(given.spec.url), { ...given, signal, hops: 0 });
  } catch (error) {
    given.signal?.throwIfAborted();
    if (error instanceof ProblemError) throw error;
    throw new ProblemError(
      timeout.aborted ? problem('source-timeout', { name: given.name, seconds: PATIENCE_MS / 1000 }) : why(error, given),
      {
        cause: error,
      },
    );
  }
}

type Asking = HttpsGiven & { readonly signal: AbortSignal; readonly hops: number };

async function follow(url: URL, given: Asking): Promise<HttpsAnswer | null> {
  const { name, etag, hops } = given;
  const response = await ask(url, given);
  const { statusCode: status = 0, headers } = response;
  const from = given.spec.url;
  if (status === 200) return await answerOf(response, given);
  response.destroy();
  if (status === 304 && etag !== null) return null;
  if ([301, 302, 303, 307, 308].includes(status)) {
    const [to, base] = [headers.location ?? '', url.href];
    const next = URL.canParse(to, base) ? new URL(to, base) : null;
    if (next?.origin === url.origin && hops < MOST_HOPS) return await follow(next, { ...given, hops: hops + 1 });
    throw new ProblemError(problem('source-redirected', { name, from, to: next?.href ?? 'nowhere' }));
  }
  throw new ProblemError(problem(status === 401 || status === 403 ? 'source-http-login' : 'source-http-status', { name, from, status }));
}

const ask = (url: URL, { etag, signal, env }: Asking): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { accept: '*/*', 'user-agent': 'tunnels', ...(etag !== null && { 'if-none-match': etag }) };
    const ca = trustedAuthorities(env);
    get(url, { headers, signal, agent: false, ...(ca !== null && { ca }) }, resolve).on('error', reject);
  });

async function answerOf(response: IncomingMessage, { name, spec }: Asking): Promise<HttpsAnswer> {
  const bytes = await bytesOf(response, name);
  const { etag = '' } = response.headers;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { file: { name: fileNameOf(spec), bytes }, sha256, etag: etag !== '' && etag.length <= LONGEST_ETAG ? etag : null };
}

async function bytesOf(response: IncomingMessage, name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  // What the server says of the length may be wrong, or nothing: the bytes count as well.
  let length = 0;
  const check = (bytes: number): void => {
    if (bytes <= MOST_FILE_BYTES) return;
    response.destroy();
    throw new ProblemError(problem('source-too-large', { name, most: `${MOST_FILE_BYTES / 1_000_000} MB` }));
  };
  check(Number(response.headers['content-length'] ?? 0));
  for await (const chunk of response as AsyncIterable<Buffer>) {
    check((length += chunk.byteLength));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** OpenSSL's codes of certificates that are not accepted (openssl-verification-options(1)) and node's own. */
const CERTIFICATE = /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_|INVALID_CA|HOSTNAME_MISMATCH)/;

function why(error: unknown, { name, spec }: HttpsGiven) {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return problem(CERTIFICATE.test(code) ? 'source-certificate' : 'source-unreachable', { name, from: spec.url, code });
}
