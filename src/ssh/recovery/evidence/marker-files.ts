import type { Address } from '../../../model/address.ts';
import { uidByFiles } from '../../remote/identity-by-files.ts';
import type { RemoteStat, SftpFiles } from '../../remote/sftp-files.ts';
import { markerName } from './marker-text.ts';

const MAX_BYTES = 2_048;

/** The first line of a marker that only we can have written; over SFTP the cache directory is `~/.cache`. */
export async function readMarkerFile(files: SftpFiles, listen: Address): Promise<string | null> {
  const found = await markerFile(files, listen);
  if (found === null) return null;
  const stat = await files.lstat(found.path);
  if (!isOurs(stat, 'file', found.uid)) return null;
  return (await files.read(found.path, MAX_BYTES))?.split('\n')[0] ?? null;
}

export async function writeMarkerFile(files: SftpFiles, listen: Address, text: string): Promise<boolean> {
  const found = await markerFile(files, listen, 'make');
  if (found === null) return false;
  const fresh = `${found.path}.new`;
  await files.unlink(fresh);
  return (await files.create(fresh, `${text}\n`)) && (await files.rename(fresh, found.path));
}

/** Only the marker that has that text. */
export async function removeMarkerFile(files: SftpFiles, listen: Address, text: string): Promise<boolean> {
  const found = await markerFile(files, listen);
  if (found === null || (await readMarkerFile(files, listen)) !== text) return false;
  return await files.unlink(found.path);
}

/** Where the marker belongs, if nobody else can have a hand in that directory. */
async function markerFile(
  files: SftpFiles,
  listen: Address,
  folders: 'make' | 'find' = 'find',
): Promise<{ path: string; uid: number } | null> {
  const [home, uid] = await Promise.all([files.realpath('.'), uidByFiles(files)]);
  if (home === null || uid === null) return null;
  const folder = `${home}/.cache/tunnels`;
  if (folders === 'make') for (const path of [`${home}/.cache`, folder]) await files.mkdir(path, 0o700);
  return isOurs(await files.lstat(folder), 'directory', uid) ? { path: `${folder}/${markerName(listen)}`, uid } : null;
}

const isOurs = (stat: RemoteStat | 'missing' | null, kind: RemoteStat['kind'], uid: number): boolean =>
  stat !== null && stat !== 'missing' && stat.kind === kind && stat.uid === uid && (stat.mode & 0o022) === 0;
