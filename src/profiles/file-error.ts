import { problem, type Problem } from '../model/problem.ts';
import { wordsOfIssue, type ShapeIssue } from '../model/profile-issue.ts';

/** One error of a profile's file; line and column count from 1. */
export type FileError = { readonly file: string; readonly line: number; readonly column: number; readonly text: string };

/** An issue at a place. */
export const errorAt = ({ file, line, column }: Omit<FileError, 'text'>, issue: ShapeIssue): FileError => ({
  file,
  line,
  column,
  text: wordsOfIssue(issue),
});

export const printSpot = ({ file, line, column }: Omit<FileError, 'text'>): string => `${file}:${line}:${column}`;

/** `file:line:column text`, as editors and terminals make a link of it. */
export const printFileError = (e: FileError): string => `${printSpot(e)} ${e.text}`;

/** All errors of one profile as a problem. */
export const profileInvalid = (name: string, errors: readonly FileError[]): Problem =>
  problem('profile-invalid', { name, errors: errors.map(printFileError).join('\n') });

/** In the order of each file, each once; the files in the order in which they came. */
export function sortErrors(errors: readonly FileError[]): FileError[] {
  const each = [...new Map(errors.map((error) => [printFileError(error), error])).values()];
  const files = [...new Set(each.map(({ file }) => file))];
  return files.flatMap((file) => each.filter((error) => error.file === file).toSorted((a, b) => a.line - b.line || a.column - b.column));
}
