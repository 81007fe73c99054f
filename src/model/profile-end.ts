import { isSocket, parseListen, parseTarget, type Address, type AddressError } from './address.ts';
import { issueAt, type IssuePath, type Report } from './profile-issue.ts';
import type { EndTrouble } from './profile-words.ts';
import type { Place } from './profile.ts';
import { fail, type Result } from './result.ts';

type End = { readonly place: Place | null; readonly report: Report };

/** A listening end; null where an issue was reported, here or by the shape. */
export const readListen = (raw: unknown, path: IssuePath, end: End): Address | null => readEnd({ raw, parse: parseListen }, path, end);

/** A target. */
export const readTarget = (raw: unknown, path: IssuePath, end: End): Address | null => readEnd({ raw, parse: parseTarget }, path, end);

type Given = { readonly raw: unknown; readonly parse: (text: string | number) => Result<Address, AddressError> };

function readEnd({ raw, parse }: Given, path: IssuePath, end: End): Address | null {
  if ((typeof raw !== 'string' && typeof raw !== 'number') || raw === '') return null;
  const parsed = stricter(parse(raw), end.place);
  if (parsed.ok) return parsed.value;
  end.report(issueAt(path, 'bad-address', { key: String(path.at(-1)), text: String(raw), why: parsed.error }));
  return null;
}

function stricter(parsed: Result<Address, AddressError>, place: Place | null): Result<Address, EndTrouble> {
  if (!parsed.ok) return parsed;
  const trouble = isSocket(parsed.value) ? pathTrouble(parsed.value.path, place) : hostTrouble(parsed.value.host);
  return trouble === null ? parsed : fail(trouble);
}

/** sun_path holds 108 bytes with its closing zero (unix(7)); sshd has the same limit. */
const LONGEST_SOCKET_PATH = 107;

function pathTrouble(path: string, place: Place | null): EndTrouble | null {
  if (/\p{Cc}/u.test(path)) return 'unprintable';
  if (path.startsWith('~/')) return typeof place === 'number' ? 'home-on-hop' : null;
  return new TextEncoder().encode(path).length > LONGEST_SOCKET_PATH ? 'path-too-long' : null;
}

const hostTrouble = (host: string): EndTrouble | null => {
  if (/[\p{Cc}\p{Cf}]/u.test(host)) return 'unprintable';
  return /^-|\s/.test(host) ? 'bad-host' : null;
};
