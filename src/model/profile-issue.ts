import { ISSUE_WORDS, type IssueFacts } from './profile-words.ts';

/** Keys and list indexes, from the document's root to the value that is wrong. */
export type IssuePath = readonly (string | number)[];
export type IssueCode = keyof IssueFacts;

/** One thing that is wrong with a profile's document. No fact ever holds a secret. */
export type ShapeIssue = {
  readonly [Code in IssueCode]: { readonly path: IssuePath; readonly code: Code; readonly facts: IssueFacts[Code] };
}[IssueCode];

export type Report = (issue: ShapeIssue) => void;

type Fact<Code extends IssueCode> = IssueFacts[Code];

export const issueAt = <Code extends IssueCode>(path: IssuePath, code: Code, facts: Fact<Code>): ShapeIssue =>
  ({ path, code, facts }) as unknown as ShapeIssue;

/** What is wrong and what to do, in one line. */
export function wordsOfIssue(issue: ShapeIssue): string {
  const words = ISSUE_WORDS[issue.code] as (facts: Record<string, string | number>) => string;
  const facts = Object.entries(issue.facts).map(([key, fact]) => [key, typeof fact === 'string' ? shown(fact) : fact]);
  return words(Object.fromEntries(facts));
}

/** A mapping's key is what is wrong, not its value: an error of these codes points at the key. */
export const isAboutKey = (code: IssueCode): boolean =>
  code === 'unknown-key' ||
  code === 'secret' ||
  code === 'variable-name' ||
  code === 'to-not-used' ||
  code === 'kind-twice' ||
  code === 'ports-not-used';

/** A document may come from anywhere: nothing of it may steer a terminal, fill it, or give away a key. */
function shown(fact: string): string {
  if (SECRET_TEXT.test(fact)) return '(hidden)';
  const plain = fact.replaceAll(UNPRINTABLE, '?');
  return plain.length <= LONGEST ? plain : `${plain.slice(0, LONGEST)}…`;
}

export const SECRET_TEXT = /PRIVATE KEY-----/i;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const LONGEST = 200;
