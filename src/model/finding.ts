import * as v from 'valibot';
import { exitCodeOf, type Problem, retryClassOf, wordsOf } from './problem.ts';
import { EXIT, type ExitCode } from './problems/entry.ts';

/** The worst first. `note` is worth knowing, `warning` will cost time some day, `error` keeps something from working now. */
export const SEVERITIES = ['error', 'warning', 'note', 'ok'] as const;

/** What one check of `tunnels doctor` found out about one thing. */
export const FindingSchema = v.object({
  /** A stable word for the check: `client-alive`, `local-port`, ... */
  check: v.string(),
  severity: v.picklist(SEVERITIES),
  /** `this machine`, `profile db-prod`, `hop ann@bastion:22`, or a tunnel and its forward. */
  subject: v.string(),
  what: v.string(),
  /** Why it matters; empty where all is well. */
  why: v.string(),
  /** What to do about it; may have several lines. */
  fix: v.string(),
  /** What the command exits with if nothing is worse; 0 unless it is an error. */
  exitCode: v.number(),
});

export const DoctorReportSchema = v.object({ schemaVersion: v.literal(1), findings: v.array(FindingSchema) });

export type Severity = (typeof SEVERITIES)[number];
export type Finding = v.InferOutput<typeof FindingSchema>;
export type DoctorReport = v.InferOutput<typeof DoctorReportSchema>;

/** Which check, and of what. */
export type About = Pick<Finding, 'check' | 'subject'>;
type Words = Pick<Finding, 'what' | 'why' | 'fix'>;

export const allWell = ({ check, subject }: About, what: string): Finding => ({
  check,
  subject,
  severity: 'ok',
  what: plain(what),
  why: '',
  fix: '',
  exitCode: EXIT.done,
});

export const advice = ({ check, subject }: About, severity: 'note' | 'warning', { what, why, fix }: Words): Finding => ({
  check,
  subject,
  severity,
  what: plain(what),
  why: plain(why),
  fix: plain(fix),
  exitCode: EXIT.done,
});

/** An error that no problem's words fit, as nothing was tried yet. */
export const mistake = (about: About, exitCode: ExitCode, words: Words): Finding => ({
  ...advice(about, 'note', words),
  severity: 'error',
  exitCode,
});

/** `fix` in place of the problem's own words where those speak of a tunnel that goes on trying. */
export function trouble({ check, subject }: About, p: Problem, { why, fix, tunnel }: Trouble): Finding {
  const { text, next } = wordsOf(p, tunnel);
  const exit = exitCodeOf(p);
  // In time nothing comes up here: the doctor does not wait.
  const exitCode = exit === EXIT.notUpInTime ? EXIT.failed : exit;
  return { check, subject, severity: 'error', what: text, why: plain(why), fix: plain(fix ?? next), exitCode };
}

type Trouble = { readonly why: string; readonly fix?: string /** That is to be brought up once it is mended. */; readonly tunnel?: string };

/** Whether the problem's own advice also holds where nothing is being tried. */
export const advisesPerson = (p: Problem): boolean => retryClassOf(p) === 'person';

/** As a problem's words: what a server or a file said may not steer a terminal. */
// oxlint-disable-next-line no-control-regex
const plain = (text: string): string => text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?');
