import { issueAt, SECRET_TEXT, type IssuePath, type ShapeIssue } from './profile-issue.ts';

/** Every place of a document that holds a secret, or a key that asks for one. The secret is in none of the issues. */
export function findSecrets(document: unknown): ShapeIssue[] {
  const found: ShapeIssue[] = [];
  // A list of things to visit and a set of what was seen: a document may be deep, shared or, from code, circular.
  const open: Visit[] = [{ value: document, path: [] }];
  const seen = new Set<object>();
  for (let visit = open.pop(); visit !== undefined; visit = open.pop()) {
    if (holdsSecret(visit)) found.push(issueAt(visit.path, 'secret', { key: nameOf(visit.path) }));
    else open.push(...inside(visit, seen));
  }
  return found;
}

type Visit = { readonly value: unknown; readonly path: IssuePath };

function holdsSecret({ value, path }: Visit): boolean {
  const key = path.at(-1);
  if (typeof key === 'string' && (isSecretKey(key) || SECRET_TEXT.test(key))) return true;
  return typeof value === 'string' && SECRET_TEXT.test(value);
}

const isSecretKey = (key: string): boolean => SECRET_KEYS.has(key.toLowerCase().replaceAll(/[-_ ]/g, ''));
const SECRET_KEYS: ReadonlySet<string> = new Set(['password', 'passwd', 'passphrase', 'privatekey', 'secret']);

/** Nothing that deep is part of a profile, so the shape refuses it whatever it holds; each path is a copy, so depth costs its square. */
const DEEPEST = 32;

function inside({ value, path }: Visit, seen: Set<object>): Visit[] {
  if (typeof value !== 'object' || value === null || seen.has(value) || path.length > DEEPEST) return [];
  seen.add(value);
  if (Array.isArray(value)) return value.map((entry: unknown, index) => ({ value: entry, path: [...path, index] }));
  return Object.entries(value).map(([key, entry]) => ({ value: entry, path: [...path, key] }));
}

const nameOf = (path: IssuePath): string => String(path.findLast((part) => typeof part === 'string') ?? 'The document');
