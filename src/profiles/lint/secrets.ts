import { each, findingAt, type Linted, type LintFinding } from './linted.ts';

type Pattern = { readonly is: RegExp; readonly what: string; readonly severity: 'error' | 'warning' };

/** What cannot be anything else is an error; what only reads like it, a warning. */
const PATTERNS: readonly Pattern[] = [
  { is: /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})/, what: 'a token of GitHub', severity: 'error' },
  { is: /\bglpat-[\w-]{20,}/, what: 'a token of GitLab', severity: 'error' },
  { is: /\bxox[abprs]-[\w-]{10,}/, what: 'a token of Slack', severity: 'error' },
  { is: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/, what: 'an access key of AWS', severity: 'error' },
  { is: /\b[rs]k_live_[A-Za-z0-9]{16,}/, what: 'a key of Stripe', severity: 'error' },
  { is: /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/, what: 'a signed token (JWT)', severity: 'error' },
  { is: /\bsshpass\s+-p\s*[^\s$]/, what: 'a password for sshpass', severity: 'error' },
  { is: /:\/\/[^\s/:@$]+:[^\s/@$]+@/, what: 'a password in a URL', severity: 'error' },
  {
    is: /\b(?:pass(?:word|phrase|wd)?|pwd|secret|token|api[-_ ]?key)\s*(?:[:=]|\bis\b)\s*[^\s$*<.]{3,}/i,
    what: 'what reads like a password',
    severity: 'warning',
  },
];

/** Secrets in texts that may hold anything: the description, options of ssh_config, values of variables. They are never shown. */
export const secrets = each((profile: Linted): readonly LintFinding[] =>
  textsIn(profile.loaded.document, []).flatMap(({ path, text }) => {
    const pattern = PATTERNS.find(({ is }) => is.test(text));
    return pattern === undefined ? [] : [secretAt(profile, path, pattern)];
  }),
);

function secretAt(profile: Linted, path: readonly (string | number)[], { what, severity }: Pattern): LintFinding {
  return findingAt(profile, path, {
    rule: 'secret',
    severity,
    text: `${String(path[0])} holds ${what}.`,
    why: 'Whoever can read the file has it, and the history of a repository keeps it for ever.',
    fix: 'Take it out, and make it worthless: change it where it is used. Passwords and passphrases are asked for, or kept in the keychain.',
  });
}

type Text = { readonly path: readonly (string | number)[]; readonly text: string };

function textsIn(value: unknown, path: Text['path']): Text[] {
  if (typeof value === 'string') return path[0] === 'knownHosts' ? [] : [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => textsIn(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => textsIn(item, [...path, key]));
}
