import { parseDuration } from './duration.ts';
import { issueAt, type IssuePath, type Report } from './profile-issue.ts';
import { PIN } from './profile-shape.ts';
import { isProfileName } from './profile.ts';

/** The path of a key or of an ssh_config. */
export function readPath(text: string, path: IssuePath, report: Report): string | null {
  const why = pathTrouble(text);
  if (why === null) return text;
  const key = String(path.findLast((part) => typeof part === 'string'));
  report(issueAt(path, 'bad-path', { key, text, why }));
  return null;
}

function pathTrouble(text: string) {
  if (text.startsWith('-')) return 'option';
  if (/\p{Cc}/u.test(text)) return 'unprintable';
  return text.startsWith('~') && !text.startsWith('~/') ? 'other-home' : null;
}

/** A fingerprint as `ssh-keygen -l` prints it: base64 of SHA-256 without padding. */
export function readPin(text: string, path: IssuePath, report: Report): string | null {
  if (PIN.test(text)) return text.replace(/=$/, '');
  report(issueAt(path, 'bad-pin', {}));
  return null;
}

export function readGroup(text: string, path: IssuePath, report: Report): string | null {
  if (isProfileName(text)) return text;
  report(issueAt(path, 'bad-group', { text }));
  return null;
}

/** `Key=value` or `Key value`, as ssh -o takes it (ssh_config(5)). */
export function readOption(text: string, path: IssuePath, report: Report): string | null {
  if (/^[A-Za-z][A-Za-z0-9]*(\s*=\s*|\s+)[^\s=][^\p{Cc}]*$/u.test(text)) return text;
  if (text !== '') report(issueAt(path, 'bad-option', { text }));
  return null;
}

/** A timer of Node fires at once when asked for more than 2^31 ms; a week is far below and more than anybody needs. */
const LONGEST_MS = 7 * 24 * 3_600_000;

/** Reads durations of at least `leastMs`; the result is in milliseconds. */
export const durationReader =
  (leastMs: number) =>
  (raw: unknown, path: IssuePath, report: Report): number | null => {
    if (typeof raw !== 'string' && typeof raw !== 'number') return null;
    const key = String(path.at(-1));
    const ms = parseDuration(raw);
    if (ms === null) report(issueAt(path, 'bad-duration', { key, text: String(raw) }));
    else if (ms < leastMs) report(issueAt(path, 'duration-short', { key, leastMs }));
    else if (ms > LONGEST_MS) report(issueAt(path, 'duration-long', { key, mostMs: LONGEST_MS }));
    else return ms;
    return null;
  };

const LEAST_MS = 100;
/** A span of time that is not nothing. */
export const readSpan = durationReader(LEAST_MS);
