import { relative } from 'node:path';
import { nameStandIns } from '../../model/stand-ins.ts';
import { isInside } from '../../profiles/project-folders.ts';
import { resolvedValues, resolvedYaml, type ResolvedValue } from '../../profiles/resolved.ts';
import type { LoadedProfile } from '../../profiles/load-profile.ts';
import type { ProfileFile } from '../profile-files.ts';
import { oneLine } from './plain-text.ts';

type Origin = ResolvedValue['origin'];
/** Where files are named from: the folder of the profiles, and that of the settings. */
type Shown = { readonly file: ProfileFile; readonly loaded: LoadedProfile; readonly settings: string };

/** What comes of a profile as YAML, where each value is written behind it, and which variable had which value from where. */
export function resolvedText({ file, loaded, settings }: Shown): string {
  const name = (path: string): string => shortName(path, [file.source.directory, settings]);
  const label = (origin: Origin): string => oneLine(labelOf(origin, name));
  const variables = loaded.variables.map(
    ({ name: variable, value }) => `#   ${variable} = ${oneLine(String(value.value ?? '(no value)'))}  ${oneLine(spotOf(value.at, name))}`,
  );
  const files = loaded.files.map((read) => `#   ${oneLine(name(read.file))} (${read.role})`);
  const yaml = printable(nameStandIns(resolvedYaml(loaded, label), file.open?.standIns ?? {})).trimEnd();
  return [yaml, '# files', ...files, ...(variables.length === 0 ? [] : ['# variables', ...variables])].join('\n');
}

/** The same for --json. */
export const resolvedDocument = (loaded: LoadedProfile): object => ({
  values: resolvedValues(loaded).map(({ path, value, origin }) => ({ path, value, origin })),
  files: loaded.files,
  variables: loaded.variables.map(({ name, value }) => ({ name, value: value.value, origin: value.at })),
  warnings: loaded.warnings,
});

function labelOf(origin: Origin, name: (path: string) => string): string {
  if (!('file' in origin)) return origin.via;
  const spot = spotOf(origin, name);
  const variables = origin.variables.length === 0 ? '' : `variable ${origin.variables.join(', ')}, `;
  if (origin.via === 'overlay') return `yours, ${spot}`;
  return origin.via === 'profile' || origin.via === 'variable' ? `${variables}${spot}` : `${variables}${origin.via} ${spot}`;
}

const spotOf = ({ file, line }: { readonly file: string; readonly line: number }, name: (path: string) => string): string =>
  `${name(file)}:${line}`;

function shortName(path: string, folders: readonly string[]): string {
  const folder = folders.find((one) => isInside(path, one));
  return folder === undefined ? path : relative(folder, path);
}

/** The lines of YAML are ours; nothing in them may steer a terminal. */
const printable = (yaml: string): string => yaml.replaceAll(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, '?');
