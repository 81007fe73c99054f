import type { Paths } from '../../platform/paths.ts';
import type { FileError } from '../file-error.ts';
import { teamSource, type Source } from '../source.ts';
import { inUse, pendingOf } from './pins.ts';
import { listFile, readSources, type TeamSource } from './source-list.ts';

export type TeamFolders = { readonly sources: readonly Source[]; readonly errors: readonly FileError[] };

/** The folders of the team's sources in the order in which they were added. Neither git nor the network. */
export function teamFolders(paths: Paths, states: 'in-use' | 'newest' = 'in-use'): TeamFolders {
  const { value, torn } = readSources(paths);
  const found = value.map((source) => folderOf(source, { paths, states }));
  const errors = torn ? [errorOf(listFile(paths), 'The list of sources cannot be understood, so none of them is used. Repair it.')] : [];
  return { sources: found.flatMap(({ source }) => source ?? []), errors: [...errors, ...found.flatMap((one) => one.errors)] };
}

type Folder = { readonly source: Source | null; readonly errors: readonly FileError[] };

type FolderGiven = { readonly paths: Paths; readonly states: 'in-use' | 'newest' };

function folderOf({ name, spec, signers }: TeamSource, { paths, states }: FolderGiven): Folder {
  const signed = signers !== undefined;
  if (spec.kind === 'folder') return { source: teamSource({ name, id: null, signed, directory: spec.directory }), errors: [] };
  const state = (states === 'newest' ? pendingOf(paths, { name })?.to : null) ?? inUse(paths, name);
  if (state === null) return { source: null, errors: [] };
  const errors = state.snapshot.remarks.map(({ file, text }) => errorOf(`${name}:${file}`, text));
  return { source: teamSource({ name, id: state.id, signed, directory: state.profiles }), errors };
}

const errorOf = (file: string, text: string): FileError => ({ file, line: 1, column: 1, text });
