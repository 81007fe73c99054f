import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { type LogLine, LogLineSchema, type LogQuery } from './contract.ts';

/** How the log lies on disk: `supervisor.log` is written, `.1` is the newest of the older ones. */
export const LOG_FILES = { current: 'supervisor.log', older: 4 } as const;
export const logFileName = (age: number): string => (age === 0 ? LOG_FILES.current : `${LOG_FILES.current}.${age}`);

/** What is shown when neither a number nor a time is asked for. */
export const DEFAULT_LINES = 100;

/**
 * The lines in the log directory that the query asks for, oldest first. Files that are missing or unreadable
 * have no lines, and lines that are torn (the disk was full, the machine went down) are left out.
 */
export async function readLogLines(directory: string, query: LogQuery): Promise<LogLine[]> {
  const newestFirst: LogLine[][] = [];
  let found = 0;
  for (let age = 0; age <= LOG_FILES.older && found < linesWanted(query); age += 1) {
    const lines = selectLines(await linesIn(join(directory, logFileName(age))), { ...query, lines: Number.MAX_SAFE_INTEGER });
    newestFirst.push(lines);
    found += lines.length;
  }
  return selectLines(newestFirst.reverse().flat(), query);
}

/** The query applied to lines in order; `follow` plays no part. */
export function selectLines(lines: readonly LogLine[], query: LogQuery): LogLine[] {
  const since = query.since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(query.since);
  const matching = lines.filter((line) => matchesName(line, query) && Date.parse(line.time) >= since);
  const count = linesWanted(query);
  return count === 0 ? [] : matching.slice(-count);
}

export const matchesName = (line: LogLine, query: LogQuery): boolean => query.name === undefined || line.tunnel === query.name;

const linesWanted = (query: LogQuery): number => query.lines ?? (query.since === undefined ? DEFAULT_LINES : Number.MAX_SAFE_INTEGER);

async function linesIn(path: string): Promise<LogLine[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').flatMap(lineFrom);
}

function lineFrom(text: string): LogLine[] {
  try {
    const result = v.safeParse(LogLineSchema, JSON.parse(text));
    return result.success ? [result.output] : [];
  } catch {
    return [];
  }
}
