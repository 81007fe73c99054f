import { createHash } from 'node:crypto';
import { basename, dirname, relative, resolve } from 'node:path';
import type { ProfileDocument } from '../model/profile-shape.ts';
import type { Profile } from '../model/profile.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { StandIns } from '../model/stand-ins.ts';
import { homeDirectory } from '../platform/paths.ts';
import { compose, type Composed, type Unset } from './compose/compose.ts';
import { readLayers, type Layer, type Role } from './compose/layers.ts';
import { originsOf, type Origins } from './compose/origin.ts';
import type { Variable } from './compose/variables.ts';
import { createReader, type Reader, type Scope } from './compose/reader.ts';
import { sortErrors, type FileError } from './file-error.ts';
import { NO_OVERLAY, type Overlay } from './overlay/overlay.ts';
import { withoutExtension } from './profile-name.ts';
import { unseenConfig } from './unseen-config.ts';

export type LoadedProfile = {
  readonly profile: Profile;
  /** What all its files say together, with a person's own changes, as data with every path absolute. This is what the supervisor is sent. */
  readonly document: ProfileDocument;
  /** The same without the person's own changes: what everybody shares. A variable that has no value there stays `${name}`. */
  readonly shared: () => unknown;
  /** As `shared`, but a variable that has no value there has the person's own: what a person is to see before trusting it. */
  readonly toTrust: () => unknown;
  /** The person's own values of variables that have none in the files, by name. */
  readonly yours: () => Readonly<Record<string, string>>;
  readonly file: string;
  /** The profile, its bases and the defaults of its folder, as they were read: nothing else is in the document. */
  readonly files: readonly ReadFile[];
  /** SHA-256 (hex) of all of them, which is that of the file's bytes where it is the only one: what a person trusts. */
  readonly sha256: string;
  readonly origins: Origins;
  readonly variables: readonly Variable[];
  /** Changes of the person's own that change nothing. */
  readonly warnings: readonly FileError[];
};

/** A profile without errors that lacks values of variables, which whoever reads it has to give. It cannot be brought up. */
export type OpenProfile = {
  readonly missing: readonly Unset[];
  /** To be shown only: with `standIns` in place of what is missing. */
  readonly preview: LoadedProfile;
  readonly standIns: StandIns;
};

export type Loading =
  | { readonly is: 'whole'; readonly loaded: LoadedProfile }
  | { readonly is: 'open'; readonly open: OpenProfile }
  | { readonly is: 'broken'; readonly errors: readonly FileError[] };

export type ReadFile = { readonly file: string; readonly role: Role; readonly sha256: string };

export type LoadGiven = {
  readonly home?: string;
  /** Where its bases may lie; by default beside it. */
  readonly scope?: Scope;
  /** Shared by all that one command loads, so that each file is read once. */
  readonly read?: Reader;
  readonly overlay?: Overlay;
};

/**
 * Reads and checks one profile (YAML or JSON) with everything that it builds upon. Its name without the extension is the
 * profile's. All errors of all files at once, variables without a value among them; never throws.
 */
export async function loadProfile(file: string, given: LoadGiven = {}): Promise<Result<LoadedProfile, FileError[]>> {
  const loading = await loadOrPreview(file, given);
  if (loading.is === 'whole') return ok(loading.loaded);
  return fail(sortErrors(loading.is === 'open' ? loading.open.missing : loading.errors));
}

/** The same, with what can be told of one that only lacks values of variables. */
export async function loadOrPreview(file: string, given: LoadGiven = {}): Promise<Loading> {
  const { scope = besideIt(file), overlay = NO_OVERLAY } = given;
  const { layers, errors, composed } = await readAll(file, given);
  if (composed === null) return { is: 'broken', errors };
  const { profile, document, unset } = composed;
  const from = { layers, overlay, scope };
  if (errors.length + unset.length === 0 && profile !== null && document !== null)
    return { is: 'whole', loaded: { ...loadedFrom(composed, from), profile, document, file } };
  const preview = errors.length === 0 ? composed.preview() : null;
  if (preview === null) return { is: 'broken', errors: sortErrors([...errors, ...unset]) };
  const shown = loadedFrom({ ...composed, ...preview }, from);
  const { standIns } = preview;
  return {
    is: 'open',
    open: { missing: unset, preview: { ...shown, profile: preview.profile, document: preview.document, file }, standIns },
  };
}

/** All errors of a file that others use too: that a variable is for everybody to set is none. */
export const profileErrors = async (file: string, given: LoadGiven = {}): Promise<readonly FileError[]> =>
  (await readAll(file, given)).errors;

type ReadAll = { readonly layers: readonly Layer[]; readonly errors: FileError[]; readonly composed: Composed | null };

async function readAll(file: string, given: LoadGiven): Promise<ReadAll> {
  const { scope = besideIt(file), read = createReader(), overlay = NO_OVERLAY, home = homeDirectory(process.env) } = given;
  const { layers, errors } = await readLayers(file, { scope, read });
  if (layers.length === 0) return { layers, errors: sortErrors(errors), composed: null };
  const composed = compose(layers, { name: profileNameOf(file), home, overlay, allRead: errors.length === 0 });
  const unseen = unseenConfig(composed.root, { scope, home });
  return { layers, errors: sortErrors([...composed.errors, ...errors, ...unseen]), composed };
}

const besideIt = (file: string): Scope => ({ folder: dirname(resolve(file)), linksMayLeave: true });

type Sources = { readonly layers: readonly Layer[]; readonly overlay: Overlay; readonly scope: Scope };

function loadedFrom(composed: Composed, { layers, overlay, scope }: Sources): Omit<LoadedProfile, 'profile' | 'document' | 'file'> {
  const { shared, toTrust, yours, warnings, variables, root } = composed;
  const files = layers.map(({ role, source: { file, sha256 } }) => ({ file, role, sha256 }));
  return {
    shared,
    toTrust,
    yours,
    files,
    sha256: hashOf(files, scope),
    origins: originsOf(root, { files, overlay }),
    variables: [...variables.values()],
    warnings,
  };
}

/** By the names in the folder, so that it is the same wherever the folder lies. */
function hashOf(files: readonly ReadFile[], { folder }: Scope): string {
  const [only] = files;
  if (only !== undefined && files.length === 1) return only.sha256;
  const lines = files.map(({ file, role, sha256 }) => [role, relative(resolve(folder), resolve(file)), sha256]);
  return createHash('sha256')
    .update(JSON.stringify(['composed', ...lines]))
    .digest('hex');
}

/** `~/p/db-prod.yaml` is the profile `db-prod`. */
export const profileNameOf = (file: string): string => withoutExtension(basename(file));
