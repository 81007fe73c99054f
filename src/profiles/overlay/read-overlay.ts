import { join } from 'node:path';
import { fail, ok, type Result } from '../../model/result.ts';
import { createReader, type SourceFile } from '../compose/reader.ts';
import { sortErrors, type FileError } from '../file-error.ts';
import { checkOverlay } from './check-overlay.ts';
import { entriesAt, NO_OVERLAY, type Overlay } from './overlay.ts';

/** Where a person's changes lie: in the configuration directory. */
export const overlayFile = (folder: string): string => join(folder, 'overrides.yaml');

/** Reads a person's changes; there are none where there is no file. All errors of the file at once. */
export async function readOverlay(folder: string): Promise<Result<Overlay, FileError[]>> {
  const file = overlayFile(folder);
  const outcome = await createReader()(file, { scope: { folder, linksMayLeave: true }, kind: 'beside' });
  if (outcome.is === 'absent') return ok(NO_OVERLAY);
  if (outcome.is === 'leaves') return fail([]);
  if (outcome.is === 'broken') return fail(sortErrors(outcome.errors));
  const errors = checkOverlay(outcome.source.root);
  return errors.length > 0 ? fail(sortErrors(errors)) : ok(overlayFrom(outcome.source));
}

const overlayFrom = ({ file, sha256, root: { entries } }: SourceFile): Overlay => ({
  file,
  sha256,
  profiles: entriesAt(entries, 'profiles'),
  hosts: entriesAt(entries, 'hosts'),
});
