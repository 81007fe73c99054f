import { dirname, join, relative, resolve } from 'node:path';
import { issueAt } from '../../model/profile-issue.ts';
import { errorAt, type FileError } from '../file-error.ts';
import { withoutExtension } from '../profile-name.ts';
import { findBase } from './find-base.ts';
import { wordFor, type Part } from './part.ts';
import type { Reader, ReadOutcome, Scope, SourceFile } from './reader.ts';

/** What a file is to a profile. */
export type Role = 'profile' | 'base' | 'defaults' | 'known-hosts';
export type Layer = { readonly role: Role; readonly source: SourceFile };

export type Layers = {
  /** The nearest first: the profile, its base, the base of that and so on, the defaults of its folder, the host keys beside it. */
  readonly layers: readonly Layer[];
  /** Of every file that could not be read or found. */
  readonly errors: readonly FileError[];
};

export type LayersGiven = { readonly scope: Scope; readonly read: Reader };

/** How many bases may stand upon one another. */
const MOST_BASES = 5;
/** Beside profiles: what all of the folder build upon. Names that begin with an underscore are no profiles of their own. */
const DEFAULTS = ['_defaults.yaml', '_defaults.yml', '_defaults.json'] as const;

/** Reads a profile and everything that it builds upon. */
export async function readLayers(file: string, given: LayersGiven): Promise<Layers> {
  const own = await given.read(file, { scope: given.scope, kind: 'profile' });
  const [defaults, keys] = [await readDefaults(file, given), await readKnownHosts(file, given)];
  const beside = [...defaults.errors, ...keys.errors];
  if (own.is !== 'read') return { layers: [], errors: [...troubleOf(file, own), ...beside] };
  const chain = await readBases(own.source, given);
  const apart = defaults.layers.filter(({ source }) => !chain.layers.some((layer) => layer.source.file === source.file));
  return {
    layers: [{ role: 'profile', source: own.source }, ...chain.layers, ...apart, ...keys.layers],
    errors: [...chain.errors, ...beside],
  };
}

function troubleOf(file: string, outcome: ReadOutcome): readonly FileError[] {
  if (outcome.is === 'broken') return outcome.errors;
  const text =
    outcome.is === 'absent'
      ? 'The file does not exist.'
      : 'This link leads out of its folder, so it is not followed. Put the profile itself here.';
  return [{ file, line: 1, column: 1, text }];
}

async function readDefaults(file: string, { scope, read }: LayersGiven): Promise<Layers> {
  for (const name of DEFAULTS) {
    const path = join(dirname(file), name);
    const outcome = await read(path, { scope, kind: 'beside' });
    if (outcome.is === 'absent') continue;
    if (outcome.is !== 'read') return { layers: [], errors: troubleOf(path, outcome) };
    const asked = outcome.source.root.entries.get('extends');
    const errors = asked === undefined ? [] : [errorAt(asked.key, issueAt([], 'extends-in-defaults', {}))];
    return { layers: [{ role: 'defaults', source: outcome.source }], errors };
  }
  return { layers: [], errors: [] };
}

/** Its keys and authorities count for the hops of the profiles beside it. */
async function readKnownHosts(file: string, { scope, read }: LayersGiven): Promise<Layers> {
  const path = join(dirname(file), 'known_hosts');
  const outcome = await read(path, { scope, kind: 'known-hosts' });
  if (outcome.is === 'absent') return { layers: [], errors: [] };
  return outcome.is === 'read'
    ? { layers: [{ role: 'known-hosts', source: outcome.source }], errors: [] }
    : { layers: [], errors: troubleOf(path, outcome) };
}

async function readBases(profile: SourceFile, given: LayersGiven): Promise<Layers> {
  const chain = [profile];
  for (let nearest = profile; ; nearest = chain.at(-1) ?? profile) {
    const asked = nearest.root.entries.get('extends')?.value;
    if (asked === undefined) return { layers: chain.slice(1).map(asBase), errors: [] };
    const base = await readBase(asked, { ...given, chain });
    if (!('sha256' in base)) return { layers: chain.slice(1).map(asBase), errors: base };
    chain.push(base);
  }
}

const asBase = (source: SourceFile): Layer => ({ role: 'base', source });

type Chain = LayersGiven & { readonly chain: readonly SourceFile[] };

async function readBase(asked: Part, given: Chain): Promise<SourceFile | readonly FileError[]> {
  if (asked.is !== 'scalar' || typeof asked.value !== 'string' || asked.value === '') {
    return [errorAt(asked.at, issueAt([], 'wrong-type', { key: 'extends', expected: 'the name of one profile', got: wordFor(asked) }))];
  }
  const found = await findBase(asked.value, { from: asked.at.file, ...given });
  if (found.is === 'broken') return found.errors;
  if (found.is === 'absent') return [errorAt(asked.at, issueAt([], 'extends-absent', { text: asked.value, nearest: found.nearest }))];
  if (found.is === 'leaves') return [errorAt(asked.at, issueAt([], 'extends-leaves', { text: asked.value }))];
  return linked(found.source, { asked, ...given });
}

function linked(base: SourceFile, { asked, chain, scope }: Chain & { readonly asked: Part }): SourceFile | readonly FileError[] {
  const names = [...chain, base].map(({ file }) => withoutExtension(relative(resolve(scope.folder), resolve(file))));
  const text = names.join(' → ');
  if (chain.some(({ file }) => resolve(file) === resolve(base.file)))
    return [errorAt(asked.at, issueAt([], 'extends-circle', { chain: text }))];
  return chain.length > MOST_BASES ? [errorAt(asked.at, issueAt([], 'extends-deep', { chain: text, most: MOST_BASES }))] : base;
}
