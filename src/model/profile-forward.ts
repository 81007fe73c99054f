import type { Address } from './address.ts';
import { readConflict } from './profile-conflict.ts';
import { readListen, readTarget } from './profile-end.ts';
import { issueAt, type IssuePath, type Report } from './profile-issue.ts';
import { readPlace, type Hops } from './profile-place.ts';
import { isMapping } from './profile-shape-issues.ts';
import { readSpan } from './profile-text.ts';
import { isProfileName, type Forward, type ForwardKind, type Place } from './profile.ts';

/** A forward as it was read; the name is given by `nameForwards` where the profile gives none. */
export type ReadForward = Omit<Forward, 'name'> & { readonly name: string | null };

type Mapping = Readonly<Record<string, unknown>>;
/** What every forward of a profile shares. */
export type ForwardContext = { readonly hops: Hops; readonly giveUpAfterMs: number | null; readonly report: Report };
type Given = ForwardContext & { readonly raw: Mapping; readonly path: IssuePath };
type Kind = { readonly key: string; readonly kind: ForwardKind; readonly here: boolean; readonly socks: boolean; readonly instead: string };

const KINDS: readonly Kind[] = [
  { key: 'local', kind: 'local', here: true, socks: false, instead: 'remote' },
  { key: 'remote', kind: 'remote', here: false, socks: false, instead: 'local' },
  { key: 'dynamic', kind: 'dynamic', here: true, socks: true, instead: 'remoteDynamic' },
  { key: 'remoteDynamic', kind: 'remote-dynamic', here: false, socks: true, instead: 'dynamic' },
];

/** Null where an issue was reported, here or by the shape. */
export function readForward(raw: unknown, path: IssuePath, context: ForwardContext): ReadForward | null {
  if (!isMapping(raw)) return null;
  const given = { raw, path, ...context };
  const name = readName(given);
  const kind = readKind(given);
  return kind && readEnds(given, kind, name);
}

function readEnds(given: Given, kind: Kind, name: string | null): ReadForward | null {
  const { raw, path, report } = given;
  const on = readOn(given, kind);
  const from = placeAt(given, 'from') ?? (Object.hasOwn(raw, 'from') ? null : kind.here ? lastHop(given) : 'local');
  const listen = readListen(raw[kind.key], [...path, kind.key], { place: kind.here ? 'local' : 0, report });
  const to = readTo(given, { kind, from });
  const conflict = readConflict({ raw, path, listen }, report);
  if (on === null || from === null || listen === null) return null;
  const giveUpAfterMs = readSpan(raw['giveUpAfter'], [...path, 'giveUpAfter'], report) ?? given.giveUpAfterMs;
  return { name, kind: kind.kind, on, listen, from, to, ...conflict, giveUpAfterMs, public: raw['public'] === true };
}

function readName({ raw, path, report }: Given): string | null {
  const name = raw['name'];
  if (typeof name !== 'string') return null;
  if (!isProfileName(name)) report(issueAt([...path, 'name'], 'bad-forward-name', { text: name }));
  return name;
}

function readKind({ raw, path, report }: Given): Kind | null {
  const [kind, ...more] = KINDS.filter(({ key }) => Object.hasOwn(raw, key));
  if (kind === undefined) report(issueAt(path, 'kind-missing', {}));
  for (const { key } of more) report(issueAt([...path, key], 'kind-twice', { first: kind?.key ?? '', second: key }));
  return kind ?? null;
}

function readOn(given: Given, kind: Kind): Place | null {
  const at = [...given.path, 'on'];
  if (!Object.hasOwn(given.raw, 'on')) return kind.here ? 'local' : lastHop(given);
  const on = placeAt(given, 'on');
  if (on === null || (on === 'local') === kind.here) return on;
  given.report(issueAt(at, kind.here ? 'listens-here' : 'listens-on-hop', { kind: kind.key, instead: kind.instead }));
  return null;
}

function placeAt(given: Given, key: 'on' | 'from'): Place | null {
  const raw = given.raw[key];
  return typeof raw === 'string' && raw !== '' ? readPlace(raw, [...given.path, key], given) : null;
}

const lastHop = ({ hops }: Given): number => Math.max(0, hops.length - 1);

function readTo({ raw, path, report }: Given, { kind, from }: { kind: Kind; from: Place | null }): Address | null {
  const asked = Object.hasOwn(raw, 'to');
  if (kind.socks) {
    if (asked) report(issueAt([...path, 'to'], 'to-not-used', { kind: kind.key }));
    return null;
  }
  if (!asked) report(issueAt(path, 'to-missing', { kind: kind.key }));
  return readTarget(raw['to'], [...path, 'to'], { place: from, report });
}
