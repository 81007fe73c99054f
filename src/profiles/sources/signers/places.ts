import { join } from 'node:path';
import type { Paths } from '../../../platform/paths.ts';
import { sourceFolder } from '../state/places.ts';

export type SignersKind = 'ssh' | 'gpg';

/** The keys that may sign a source. */
export const signersFolder = (paths: Paths, name: string): string => join(sourceFolder(paths, name), 'signers');

export const allowedSignersIn = (folder: string): string => join(folder, 'allowed_signers');
export const gnupgIn = (folder: string): string => join(folder, 'gnupg');
/** Never there: what is not to be run, or believed. */
export const nothingIn = (folder: string): string => join(folder, 'none');
