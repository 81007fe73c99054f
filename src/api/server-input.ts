import * as v from 'valibot';
import { nearest } from '../model/nearest.ts';
import { ProblemError, problem } from '../model/problem.ts';
import { isProfileName } from '../model/profile.ts';
import {
  type AgentRequest,
  type AnswerRequest,
  AnswerRequestSchema,
  AgentRequestSchema,
  type ChangeRequest,
  ChangeRequestSchema,
  type DoctorRequest,
  DoctorRequestSchema,
  type ForetellRequest,
  ForetellRequestSchema,
  type LogQuery,
  type UpRequest,
  UpRequestSchema,
} from './contract.ts';
import { refuse } from './server-failure.ts';

/** Checks of what clients send; each throws a ProblemError. */

export function tunnelName(name: string): string {
  if (isProfileName(name)) return name;
  throw refuse(`${JSON.stringify(name)} is not a name: 1 to 64 letters, digits, and . _ - after the first`);
}

export function knownName(name: string, names: readonly string[]): string {
  if (names.includes(name)) return name;
  throw new ProblemError(problem('tunnel-not-found', { name, nearest: nearest(name, names) }));
}

export function upRequestOf(body: string): UpRequest {
  return valid(UpRequestSchema, json(body));
}

export function foretellRequestOf(body: string): ForetellRequest {
  return valid(ForetellRequestSchema, json(body));
}

export function changeRequestOf(body: string): ChangeRequest {
  return valid(ChangeRequestSchema, json(body));
}

export function agentRequestOf(body: string): AgentRequest {
  return body === '' ? {} : valid(AgentRequestSchema, json(body));
}

export function doctorRequestOf(body: string): DoctorRequest {
  return valid(DoctorRequestSchema, json(body));
}

/** Never says what it was sent: that may be a secret. */
export function answerRequestOf(body: string): AnswerRequest {
  const result = v.safeParse(AnswerRequestSchema, json(body));
  if (result.success) return result.output;
  throw refuse('the body is not { "answers": ["...", ...], "remember": "supervisor" or "keychain" or left out }');
}

const LogQuerySchema = v.object({
  name: v.optional(v.string()),
  lines: v.optional(v.pipe(v.string(), v.regex(/^\d{1,6}$/), v.transform(Number))),
  since: v.optional(
    v.pipe(
      v.string(),
      v.check((text) => !Number.isNaN(Date.parse(text)), 'not a time such as 2026-11-23T08:00:00Z'),
    ),
  ),
  follow: v.optional(
    v.pipe(
      v.picklist(['true', 'false']),
      v.transform((word) => word === 'true'),
    ),
  ),
});

export function logQueryOf(parameters: Record<string, string>): LogQuery {
  return valid(LogQuerySchema, parameters) as LogQuery;
}

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw refuse('the body is not JSON');
  }
}

function valid<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw refuse(`${v.getDotPath(issue) ?? 'the body'}: ${issue.message}`);
}
