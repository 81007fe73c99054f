import { isAbsolute, relative } from 'node:path';
import type { Severity } from '../../model/finding.ts';
import type { FileError } from '../../profiles/file-error.ts';

export type Annotation = FileError & { readonly severity: Exclude<Severity, 'ok'>; readonly title: string };

const COMMAND = { error: 'error', warning: 'warning', note: 'notice' } as const;

/**
 * A workflow command of GitHub Actions, which shows the text beside the line (docs.github.com, "Workflow commands for GitHub
 * Actions"). Nothing in a file can end the command and begin another.
 */
export function annotationLine({ severity, title, text, ...at }: Annotation, root: string): string {
  const way = relative(root, at.file);
  const file = way.startsWith('..') || isAbsolute(way) ? at.file : way;
  const properties = { file, line: at.line, col: at.column, title };
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${COMMAND[severity]} ${list.join(',')}::${escapeData(text)}`;
}

const escapeData = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
