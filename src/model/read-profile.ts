import { readForward } from './profile-forward.ts';
import { readHop } from './profile-hop.ts';
import { isAboutKey, issueAt, type IssueCode, type Report, type ShapeIssue } from './profile-issue.ts';
import { nameForwards, reportClashes } from './profile-names.ts';
import { findSecrets } from './profile-secrets.ts';
import { isMapping, isWithin, shapeIssues } from './profile-shape-issues.ts';
import type { ProfileDocument } from './profile-shape.ts';
import { durationReader, readGroup, readOption, readPath, readSpan } from './profile-text.ts';
import { DEFAULT_HOLD_MS, DEFAULT_KEEPALIVE, isProfileName, type KnownHostsFile, type Profile } from './profile.ts';
import { fail, ok, type Result } from './result.ts';

/** Checks everything about a document but its name, and tells all that is wrong at once. Never throws. */
export function checkDocument(document: unknown): Result<ProfileDocument, ShapeIssue[]> {
  const { issues } = read(document);
  return issues.length === 0 ? ok(document as ProfileDocument) : fail(issues);
}

/** The profile that a document says, with every default filled in; or all that is wrong with it. Never throws. */
export function readProfile(name: string, document: unknown): Result<Profile, ShapeIssue[]> {
  const { issues, body } = read(document);
  const all = isProfileName(name) ? issues : [issueAt([], 'bad-name', { name }), ...issues];
  // Whatever could not be read has an issue, so a body without issues is whole.
  return all.length === 0 ? ok({ name, ...body } as unknown as Profile) : fail(all);
}

function read(document: unknown) {
  const found: ShapeIssue[] = [];
  const body = isMapping(document) ? readBody(document, (issue) => found.push(issue)) : null;
  return { issues: merge({ shape: shapeIssues(document), rules: found, secrets: findSecrets(document) }), body };
}

type Mapping = Readonly<Record<string, unknown>>;

/** Reads what it can: a value of the wrong shape is passed over, as the shape's own issue tells it. */
function readBody(document: Mapping, report: Report) {
  const hops = listAt(document, 'hops').map((hop, index) => readHop(hop, ['hops', index], report));
  const giveUpAfterMs = readSpan(document['giveUpAfter'], ['giveUpAfter'], report);
  const read = listAt(document, 'forwards').map((forward, index) =>
    readForward(forward, ['forwards', index], { hops, giveUpAfterMs, report }),
  );
  reportClashes(read, report);
  const forwards = nameForwards(read.filter((forward) => forward !== null));
  const description = typeof document['description'] === 'string' ? document['description'] : null;
  const groups = textsAt(document, 'groups', { read: readGroup, report });
  const ssh = readSsh(document, report);
  const secondLogin = document['secondLogin'] === 'when-heavy' ? 'when-heavy' : 'never';
  const keepalive = readKeepalive(document, report);
  return { description, groups, hops, forwards, keepalive, ...readTimes(document, report), secondLogin, ssh };
}

const readSpanOrNone = durationReader(0);

function readKeepalive(document: Mapping, report: Report): Profile['keepalive'] {
  const raw = document['keepalive'];
  if (!isMapping(raw)) return 'mirror';
  const intervalMs = readSpan(raw['interval'], ['keepalive', 'interval'], report) ?? DEFAULT_KEEPALIVE.intervalMs;
  const countMax = typeof raw['countMax'] === 'number' ? raw['countMax'] : DEFAULT_KEEPALIVE.countMax;
  return { intervalMs, countMax };
}

function readTimes(document: Mapping, report: Report): Pick<Profile, 'idleMs' | 'holdMs' | 'deadman'> {
  const idleMs = readSpan(document['idle'], ['idle'], report);
  if (idleMs !== null && !canBeUsedHere(document)) report(issueAt(['idle'], 'idle-without-use', {}));
  return { idleMs, holdMs: readSpanOrNone(document['hold'], ['hold'], report) ?? DEFAULT_HOLD_MS, deadman: readDeadman(document, report) };
}

function readDeadman(document: Mapping, report: Report): Profile['deadman'] {
  const raw = document['deadman'];
  if (raw === 'off') return raw;
  const ms = raw === 'auto' ? null : readSpan(raw, ['deadman'], report);
  return ms === null ? 'auto' : { ms };
}

function canBeUsedHere(document: Mapping): boolean {
  const forwards = listAt(document, 'forwards');
  return (
    forwards.length === 0 ||
    forwards.some((forward) => isMapping(forward) && ['local', 'dynamic'].some((key) => Object.hasOwn(forward, key)))
  );
}

function readSsh(document: Mapping, report: Report): Profile['ssh'] {
  const raw = document['sshConfig'];
  const configFile = typeof raw === 'string' ? readPath(raw, ['sshConfig'], report) : null;
  const options = textsAt(document, 'sshOptions', { read: readOption, report });
  const knownHosts = document['knownHosts'];
  // Of another shape it has an issue already.
  return { configFile, options, ...(isMapping(knownHosts) && { knownHosts: knownHosts as KnownHostsFile }) };
}

const listAt = (document: Mapping, key: string): readonly unknown[] => (Array.isArray(document[key]) ? document[key] : []);

type Texts = { readonly read: typeof readGroup; readonly report: Report };

const textsAt = (document: Mapping, key: string, { read, report }: Texts): string[] =>
  listAt(document, key).flatMap((text, index) => (typeof text === 'string' ? (read(text, [key, index], report) ?? []) : []));

type Findings = { readonly shape: readonly ShapeIssue[]; readonly rules: readonly ShapeIssue[]; readonly secrets: readonly ShapeIssue[] };

/** One place has one error: a secret outweighs all, and a rule knows more than the shape does. */
function merge({ shape, rules, secrets }: Findings): ShapeIssue[] {
  const plain = (issue: ShapeIssue): boolean => secrets.every(({ path }) => !isWithin(issue.path, path));
  const better = (issue: ShapeIssue): boolean => rules.some((rule) => !isAboutKey(rule.code) && samePath(rule, issue));
  return [...secrets, ...rules.filter(plain), ...shape.filter((issue) => plain(issue) && !(VAGUE.has(issue.code) && better(issue)))];
}

const VAGUE: ReadonlySet<IssueCode> = new Set(['wrong-type', 'bad-number', 'bad-value']);
const samePath = (a: ShapeIssue, b: ShapeIssue): boolean => a.path.length === b.path.length && isWithin(a.path, b.path);
