import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The size of all files below a folder; what vanishes meanwhile has none. */
export function folderBytes(folder: string): number {
  return namesIn(folder).reduce((sum, name) => sum + (sizeOf(join(folder, name)) ?? 0), 0);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}

function sizeOf(path: string): number | null {
  try {
    const stats = statSync(path);
    return stats.isFile() ? stats.size : null;
  } catch {
    return null;
  }
}
