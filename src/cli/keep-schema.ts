import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SCHEMA_FILE } from '../profiles/modeline.ts';

/**
 * The schema beside profiles, which their first line names for editors, where there is none yet; one that is there stays.
 * Gives the files that were written. Where that is not possible an editor says so; the profiles are none the worse.
 */
export async function keepSchema(profiles: readonly string[]): Promise<string[]> {
  const { profileSchema } = await import('../profiles/schema.ts');
  const text = `${JSON.stringify(profileSchema(), null, 2)}\n`;
  const files = [...new Set(profiles.map((file) => join(dirname(file), SCHEMA_FILE)))];
  return files.filter((file) => isWritten(file, text));
}

function isWritten(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}
