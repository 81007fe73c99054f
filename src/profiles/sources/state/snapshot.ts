import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Paths } from '../../../platform/paths.ts';
import { makeFolder } from '../../../platform/private-dir.ts';
import { isSnapshotId, profilesIn, snapshotFolder, sourceFolder } from './places.ts';
import { isSnapshotName } from './snapshot-names.ts';

export type SnapshotFile = { readonly name: string; readonly bytes: Buffer };
/** A file that could not be taken, and why. */
export type SnapshotRemark = v.InferOutput<typeof RemarkSchema>;

const RemarkSchema = v.object({ file: v.string(), text: v.string() });
const InfoSchema = v.object({ at: v.string(), author: v.string(), subject: v.string() });
const SnapshotSchema = v.object({
  schemaVersion: v.literal(1),
  /** SHA-256 (hex) by name. */
  files: v.record(v.string(), v.string()),
  remarks: v.array(RemarkSchema),
  /** Of the commit; null for a file of the web. */
  info: v.nullable(InfoSchema),
});
export type Snapshot = Omit<v.InferOutput<typeof SnapshotSchema>, 'schemaVersion'>;

type Which = { readonly name: string; readonly id: string };
type Contents = { readonly files: readonly SnapshotFile[]; readonly remarks: readonly SnapshotRemark[]; readonly info: Snapshot['info'] };

/** Writes a state of a source; all of it appears at once, and is never changed. One that is there already stays. */
export function writeSnapshot(paths: Paths, { name, id, ...contents }: Which & Contents): Snapshot {
  const folder = snapshotFolder(paths, { name, id });
  const kept = readSnapshot(paths, { name, id });
  if (kept !== null) return kept;
  const snapshot: Snapshot = {
    files: Object.fromEntries(contents.files.map((file) => [file.name, createHash('sha256').update(file.bytes).digest('hex')])),
    remarks: [...contents.remarks],
    info: contents.info,
  };
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  makeFolder(profilesIn(fresh));
  // Checked here too: this is where a name becomes a path.
  for (const { name: file, bytes } of contents.files.filter((one) => isSnapshotName(one.name)))
    writeFileSync(join(profilesIn(fresh), file), bytes, { mode: 0o600, flag: 'wx' });
  writeFileSync(infoFile(fresh), `${JSON.stringify({ schemaVersion: 1, ...snapshot })}\n`, { mode: 0o600 });
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return snapshot;
}

const infoFile = (folder: string): string => join(folder, 'snapshot.json');

/** Null where it is not there, or not whole. */
export function readSnapshot(paths: Paths, which: Which): Snapshot | null {
  if (!isSnapshotId(which.id)) return null;
  try {
    const read = v.safeParse(SnapshotSchema, JSON.parse(readFileSync(infoFile(snapshotFolder(paths, which)), 'utf8')));
    return read.success ? read.output : null;
  } catch {
    return null;
  }
}

/** Removes all states of a source but these. */
export function dropSnapshots(paths: Paths, { name, keep }: { readonly name: string; readonly keep: ReadonlySet<string> }): void {
  const folder = sourceFolder(paths, name);
  if (!existsSync(folder)) return;
  for (const id of readdirSync(folder).filter((entry) => isSnapshotId(entry.replace(/\.new$/, '')) && !keep.has(entry)))
    rmSync(join(folder, id), { recursive: true, force: true });
}

/** Makes the folder of a source anew: whatever an earlier source of the name has left is gone. */
export function emptySource(paths: Paths, name: string): void {
  rmSync(sourceFolder(paths, name), { recursive: true, force: true });
  makeFolder(sourceFolder(paths, name));
}
