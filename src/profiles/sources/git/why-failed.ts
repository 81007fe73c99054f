import { oneLine } from '../../../model/plain-text.ts';
import { type Problem, problem } from '../../../model/problem.ts';

type Failed = { readonly name: string; readonly from: string; readonly said: string };

/**
 * The problem that made a fetch fail, with git's own words.
 * The one place where words decide: git ends with 128 whatever it was, and of ssh, which knows, it passes on nothing but
 * what ssh wrote. Both speak English here (LC_ALL=C); what is not recognized is told as `source-not-fetched`.
 */
export function whyFailed({ name, from, said }: Failed): Problem {
  const facts = { name, from, said: lastWords(said) };
  const sign = SIGNS.find(({ words }) => words.test(said));
  return problem(sign?.code ?? 'source-not-fetched', facts);
}

const SIGNS = [
  {
    code: 'source-host-key',
    words: /^Host key verification failed\.|^No \S+ host key is known for|REMOTE HOST IDENTIFICATION HAS CHANGED/m,
  },
  {
    code: 'source-login-refused',
    words:
      /Permission denied \([a-z,-]+\)|Too many authentication failures|Authentication failed for '|could not read (?:Username|Password) for '/,
  },
  {
    // libcurl's, by the library under it: OpenSSL and most others, GnuTLS, a name that differs, macOS, Windows.
    code: 'source-git-certificate',
    words:
      /SSL certificate problem|server certificate verification failed|SSL: (?:no alternative )?certificate subject name|SSL: certificate verification failed|schannel: (?:.*SEC_E_(?:UNTRUSTED_ROOT|CERT_|WRONG_PRINCIPAL)|SNI or certificate check failed)/,
  },
] as const;

const LINES = 8;
const LONGEST = 300;

/** The last lines, each on its own and printable: what comes from a server may say anything. */
const lastWords = (said: string): string =>
  said
    .split(/[\r\n]+/)
    .map((line) => oneLine(line))
    .filter((line) => line !== '')
    .slice(-LINES)
    .map((line) => `  ${line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line}`)
    .join('\n');
