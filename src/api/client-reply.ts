import * as v from 'valibot';
import { isProblemCode, type Problem, ProblemError, problem, wordsOf } from '../model/problem.ts';
import { ApiFailureSchema } from './contract.ts';

/** JSON, or `supervisor-refused`. */
export function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw refused('its answer is not JSON');
  }
}

/** The value as the schema has it; keys that a newer supervisor added are left out. */
export function checked<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw refused(`its answer has an unexpected shape at ${v.getDotPath(result.issues[0]) ?? 'the top'}`);
}

/** The supervisor's own problem; the words that it sent where this client does not know the code. */
export function failureOf(body: string): ProblemError {
  const result = v.safeParse(ApiFailureSchema, parsed(body));
  if (!result.success) return refused('it gave no reason');
  const { code, facts, text, next } = result.output;
  if (!isProblemCode(code)) return refused(`${text} ${next}`);
  const known = { code, facts } as unknown as Problem;
  return isTellable(known) ? new ProblemError(known) : refused(`${text} ${next}`);
}

/** A supervisor of another version may send a known code with other facts. */
function isTellable(p: Problem): boolean {
  try {
    wordsOf(p);
    return true;
  } catch {
    return false;
  }
}

const refused = (why: string): ProblemError => new ProblemError(problem('supervisor-refused', { why }));
