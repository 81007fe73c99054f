import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Result } from '../../model/result.ts';
import { createReader, type Reader } from '../compose/reader.ts';
import type { FileError } from '../file-error.ts';
import { type LoadedProfile, loadProfile } from '../load-profile.ts';
import { parseParts } from '../parse-yaml.ts';

/** Loads a profile's text as if it lay in its file already, with the defaults of that folder; nothing is written. */
export const loadUnwritten = (
  text: string,
  { file, home }: { readonly file: string; readonly home: string },
): Promise<Result<LoadedProfile, FileError[]>> => loadProfile(file, { home, read: readerWith(text, file) });

function readerWith(text: string, file: string): Reader {
  const others = createReader();
  return async (asked, given) => {
    if (resolve(asked) !== resolve(file)) return await others(asked, given);
    const parsed = parseParts(text, { file, kind: 'profile' });
    if (!parsed.ok) return { is: 'broken', errors: parsed.error };
    return { is: 'read', source: { file, sha256: createHash('sha256').update(text).digest('hex'), root: parsed.value } };
  };
}
