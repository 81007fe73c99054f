import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from './paths.ts';

export const settingsFile = (paths: Pick<Paths, 'config'>): string => join(paths.config, 'settings.json');

/** What the user has set, unchecked, for who knows what a setting may be. A file that is not there or not JSON counts as empty. */
export function ownSettings(paths: Pick<Paths, 'config'>): Readonly<Record<string, unknown>> {
  try {
    const document: unknown = JSON.parse(readFileSync(settingsFile(paths), 'utf8'));
    return typeof document === 'object' && document !== null ? (document as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
