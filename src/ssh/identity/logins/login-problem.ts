import { problem, type Problem, ProblemError } from '../../../model/problem.ts';
import { sshWords } from '../../../model/ssh-words.ts';
import type { ResolvedHop } from '../../types.ts';
import type { CertificateInUse, Credentials } from './credentials.ts';
import type { SignTrouble } from '../keys/login-key.ts';
import type { LoginTry, LoginWay } from './login-way.ts';

/** A person was asked, and will not answer. */
export const declined = ({ host, user }: ResolvedHop): ProblemError =>
  new ProblemError(problem('login-unanswered', { host, user, how: 'declined' }));

export type Tried = LoginTry & { readonly way: LoginWay['name'] };

export type Attempts = {
  /** In order. */
  readonly tried: readonly Tried[];
  readonly credentials: Credentials;
  /** What the server would still take; null: it has not said. */
  readonly left: readonly string[] | null;
  /** What was accepted as one step of several. */
  readonly accepted: readonly Tried[];
  readonly canAsk: boolean;
  /** The last try was not answered. */
  readonly pending: boolean;
};

/** `login-refused` with what was tried and what was not; or, where there was nothing to try, why. */
export function refusedLogin(hop: ResolvedHop, attempts: Attempts): Problem {
  const { credentials, left, tried } = attempts;
  if (tried.length === 0 && credentials.nothing !== null && takesKeys(left)) return credentials.nothing;
  return problem('login-refused', {
    host: hop.host,
    user: hop.user,
    ssh: sshWords(hop),
    tried: story(hop, attempts),
    ...lockedFile(tried),
    expired: credentials.certificates.flatMap(printExpired).join(', '),
  });
}

function lockedFile(tried: readonly Tried[]): { readonly locked?: string } {
  const locked = tried.find(({ trouble }) => trouble?.() === 'locked')?.locked;
  return locked === undefined ? {} : { locked };
}

const printExpired = ({ label, remarks }: CertificateInUse): string[] => (remarks.some(({ is }) => is === 'expired') ? [label] : []);

const takesKeys = (left: readonly string[] | null): boolean => left === null || left.includes('publickey');

function story(hop: ResolvedHop, { tried, credentials, left, accepted, canAsk, pending }: Attempts): string {
  const unusable = credentials.skipped.flatMap(printSkipped);
  const others = (left ?? []).filter((method) => method !== 'publickey');
  const allowed = new Set<string>(hop.login.methods);
  const off = (left ?? []).filter((method) => OURS.has(method) && !allowed.has(method));
  const unasked = canAsk ? [] : others.filter((method) => OURS.has(method) && allowed.has(method));
  const keysOnly = tried.every(isKey) && accepted.length === 0;
  return [
    counted(tried.map(told)).join(', ') || 'nothing',
    ...part(unusable, 'not tried'),
    ...(accepted.length === 0 ? [] : part(left ?? [], `${acceptedWords(accepted)} and more is asked for`)),
    ...(keysOnly && !takesKeys(left) ? part(others, 'it takes no keys, only') : part(others.filter(isForeign), 'it would also take')),
    ...part(unasked, 'nobody was there to be asked for'),
    ...part(off, 'turned off in ssh_config'),
    ...(pending ? ['at the last it ended the connection (as MaxAuthTries does)'] : []),
  ].join('; ');
}

const part = (items: readonly string[], words: string): string[] => (items.length === 0 ? [] : [`${words}: ${items.join(', ')}`]);

const OURS = new Set(['publickey', 'password', 'keyboard-interactive']);
const isForeign = (method: string): boolean => !OURS.has(method);

function told({ label, trouble }: LoginTry): string {
  const why = trouble?.() ?? null;
  return why === null ? label : `${label} (${TROUBLE[why]})`;
}

const TROUBLE: Record<SignTrouble, string> = {
  'no-common-algorithm': 'no signature algorithm in common',
  'agent-refused': 'the agent would not sign',
  'agent-gone': 'its agent is gone',
  'agent-silent': 'its agent did not answer',
  'bad-signature': 'its signature is of no use',
  locked: 'without its passphrase it could not be used',
};

function printSkipped(p: Problem): string[] {
  if (p.code === 'key-unusable') return [`${p.facts.path} (${p.facts.why})`];
  return p.code === 'agent-unusable' ? [`agent ${p.facts.socket} (${p.facts.why})`] : [];
}

const isKey = ({ way }: Tried): boolean => way === 'publickey';

const acceptedWords = (accepted: readonly Tried[]): string =>
  accepted.every(isKey) ? 'a key was accepted' : `${counted(accepted.map(told)).join(', ')}: accepted`;

/** `password (3 times)` for what was tried several times in a row. */
function counted(labels: readonly string[]): string[] {
  const runs: { label: string; times: number }[] = [];
  for (const label of labels) {
    const last = runs.at(-1);
    if (last?.label === label) last.times += 1;
    else runs.push({ label, times: 1 });
  }
  return runs.map(({ label, times }) => (times === 1 ? label : `${label} (${times} times)`));
}
