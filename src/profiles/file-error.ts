import { problem, type Problem } from '../model/problem.ts';

/** One error of a profile's file; line and column count from 1. */
export type FileError = { readonly file: string; readonly line: number; readonly column: number; readonly text: string };

/** `file:line:column text`, as editors and terminals make a link of it. */
export const printFileError = (e: FileError): string => `${e.file}:${e.line}:${e.column} ${e.text}`;

/** All errors of one profile as a problem. */
export const profileInvalid = (name: string, errors: readonly FileError[]): Problem =>
  problem('profile-invalid', { name, errors: errors.map(printFileError).join('\n') });

/** In the order of the file, each once. */
export function sortErrors(errors: readonly FileError[]): FileError[] {
  const each = new Map(errors.map((error) => [printFileError(error), error]));
  return [...each.values()].toSorted((a, b) => a.line - b.line || a.column - b.column);
}
