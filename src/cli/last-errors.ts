import { readFileSync } from 'node:fs';
import { errorFile } from '../platform/keeper.ts';

/** The last lines that a crashed supervisor left, for the user to read. */
export function lastErrors(logs: string): string {
  try {
    const lines = readFileSync(errorFile(logs), 'utf8').trimEnd().split('\n');
    return lines.slice(-LINES).join('\n').slice(-CHARACTERS) || NOTHING;
  } catch {
    return NOTHING;
  }
}

const LINES = 15;
const CHARACTERS = 2_000;
const NOTHING = 'it ended without a word';
