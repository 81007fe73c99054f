import type { Address } from '../../../model/address.ts';
import { filesOfAccount, runOnAccount } from '../../remote/on-account.ts';
import { READ_MARKER, REMOVE_MARKER, WRITE_MARKER } from '../../remote/scripts/marker.ts';
import { ScriptLines } from '../../remote/lines.ts';
import type { SftpFiles } from '../../remote/sftp-files.ts';
import type { Remote } from '../../remote/types.ts';
import { readMarkerFile, removeMarkerFile, writeMarkerFile } from './marker-files.ts';
import { type Marker, markerName, parseMarker, printMarker } from './marker-text.ts';
import type { EvidenceGiven } from './request.ts';

export { type Marker, markerOf } from './marker-text.ts';

/**
 * Leaves word of who holds a binding, in `${XDG_CACHE_HOME:-~/.cache}/tunnels/binding-PORT` on the server, mode 0600: a
 * replacement of this machine, or a container that lost its state, finds its dead predecessor by it. False where the
 * account lets us write nothing. These never reject but with the signal's reason.
 */
export async function writeMarker(
  remote: Remote,
  at: { readonly listen: Address; readonly marker: Marker },
  given: EvidenceGiven,
): Promise<boolean> {
  const input = printMarker(at.marker);
  const ran = await runOnAccount(remote, WRITE_MARKER, { ...given, args: [markerName(at.listen)], input });
  if (ran.ok) return ran.lines.includes('marker written');
  return (await byFiles(remote, given, (files) => writeMarkerFile(files, at.listen, input))) ?? false;
}

/** Takes away that very marker, and no other that has taken its place. True when none of ours is left. */
export async function removeMarker(
  remote: Remote,
  at: { readonly listen: Address; readonly marker: Marker },
  given: EvidenceGiven,
): Promise<boolean> {
  const input = printMarker(at.marker);
  const ran = await runOnAccount(remote, REMOVE_MARKER, { ...given, args: [markerName(at.listen)], input });
  if (ran.ok) return ran.lines.includes('marker removed');
  return (await byFiles(remote, given, (files) => removeMarkerFile(files, at.listen, input))) ?? false;
}

/** Only a plain file of our own user is believed, in a directory of ours that nobody else may write; null otherwise. */
export async function readMarker(remote: Remote, listen: Address, given: EvidenceGiven): Promise<Marker | null> {
  const ran = await runOnAccount(remote, `${READ_MARKER}\nread_marker "$2"`, { ...given, args: [markerName(listen)] });
  if (ran.ok) return parseMarker(new ScriptLines(ran.lines).one('marker'));
  return parseMarker(await byFiles(remote, given, (files) => readMarkerFile(files, listen)));
}

async function byFiles<T>(remote: Remote, given: EvidenceGiven, work: (files: SftpFiles) => Promise<T>): Promise<T | null> {
  const files = await filesOfAccount(remote, given);
  if (files === null) return null;
  try {
    return await work(files);
  } finally {
    files.close();
  }
}
