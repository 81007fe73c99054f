import type { ProfileDocument } from '../../model/profile-shape.ts';
import type { Profile } from '../../model/profile.ts';
import type { StandIns } from '../../model/stand-ins.ts';
import { issueAt } from '../../model/profile-issue.ts';
import { errorAt, type FileError } from '../file-error.ts';
import { applyOverlay, overrideVariables } from '../overlay/apply-overlay.ts';
import type { Overlay } from '../overlay/overlay.ts';
import type { Overridden } from '../overlay/override-forwards.ts';
import { checkComposed, secretsOf } from './check.ts';
import { type Filling as Filled, fillVariables } from './fill.ts';
import type { Layer, Role } from './layers.ts';
import { mergeDocuments } from './merge.ts';
import { dataOf, withoutKeys, type Mapping } from './part.ts';
import { StandInBook } from './stand-in-book.ts';
import { stillUsed } from './still-used.ts';
import { declaredVariables, type Variable, type Variables } from './variables.ts';

export type Composed = {
  /** Null where there are errors, or variables without a value. */
  readonly profile: Profile | null;
  readonly document: ProfileDocument | null;
  readonly root: Mapping;
  readonly shared: () => unknown;
  readonly toTrust: () => unknown;
  /** The person's own values of variables that have none in the files, by name. */
  readonly yours: () => Readonly<Record<string, string>>;
  readonly variables: Variables;
  readonly errors: readonly FileError[];
  /** One for each variable that has no value and is used for more than what a person's own changes replace. */
  readonly unset: readonly Unset[];
  /** Where nothing but values of variables is missing: what it is with others in their place. Null: that cannot be told. */
  readonly preview: () => Preview | null;
  readonly warnings: readonly FileError[];
};

export type Unset = FileError & { readonly variable: string };

export type Preview = Pick<Composed, 'root' | 'shared' | 'toTrust' | 'yours'> & {
  readonly profile: Profile;
  readonly document: ProfileDocument;
  readonly standIns: StandIns;
};

type Given = {
  readonly name: string;
  readonly home: string;
  readonly overlay: Overlay;
  /** False: a file is missing here, so what it declares and holds is not known. */
  readonly allRead: boolean;
};

/** Files → merged → variables filled in → a person's own changes → checked. Pure: all reading is done. */
export function compose(layers: readonly Layer[], given: Given): Composed {
  const { name, home, overlay, allRead } = given;
  const roots = layers.map(({ source }) => source.root);
  const declared = declaredVariables(roots);
  const merged = mergeLayers(layers);
  const own = overrideVariables(declared.variables, { overlay, profile: name });
  const filling = { merged, declared: declared.variables, own: own.variables };
  const filled = fillVariables(merged, own.variables);
  const outcome = settle(filled, filling, given);
  const unset = new Set(outcome.unset.length === 0 ? [] : filled.unset.map((variable) => variable.name));
  const checked = checkComposed(outcome.root, { name, home, whole: allRead && unset.size === 0, unset });
  // Where a file is missing, a variable that is unknown here may be declared there.
  const unknown = allRead ? filled.errors : [];
  return {
    ...checked,
    profile: unset.size > 0 ? null : checked.profile,
    root: outcome.root,
    ...sharedBy({ ...filling, book: null }),
    preview: () => preview({ ...filling, book: bookFor(outcome.root) }, given),
    variables: own.variables,
    errors: [...hiddenSecrets(roots), ...layers.flatMap(foreignKeys), ...declared.errors, ...unknown, ...checked.errors],
    unset: outcome.unset.map((variable) => unsetError(variable, name)),
    warnings: [...own.warnings, ...outcome.warnings],
  };
}

type Files = { readonly merged: Mapping; readonly declared: Variables; readonly own: Variables };
type Filling = Files & { readonly book: StandInBook | null };

/**
 * The document with a person's own changes, and the variables without a value that it needs. A text with `${name}` in it is
 * no hop that could be changed, so what is left to need is looked for with stand-ins.
 */
function settle(filled: Filled, { merged, own }: Files, { overlay, name }: Given): Overridden & { readonly unset: readonly Variable[] } {
  const plain = applyOverlay(filled.root, { overlay, profile: name });
  if (filled.unset.length === 0 || overlay.file === '') return { ...plain, unset: filled.unset };
  const book = bookFor(plain.root);
  const shown = applyOverlay(fillVariables(merged, own, book).root, { overlay, profile: name });
  const used = stillUsed(shown.root, book.all);
  const unset = filled.unset.filter((variable) => used.has(variable.name));
  return unset.length === 0 ? { ...shown, unset } : { ...plain, unset };
}

const bookFor = (root: Mapping): StandInBook => new StandInBook(JSON.stringify(dataOf(root)));

const sharedBy = ({ merged, declared, own, book }: Filling): Pick<Composed, 'shared' | 'toTrust' | 'yours'> => ({
  shared: () => dataOf(fillVariables(merged, declared, book).root),
  toTrust: () => dataOf(fillVariables(merged, filledIn(declared, own), book).root),
  yours: () => yoursOf(declared, own),
});

function preview(filling: Filling & { readonly book: StandInBook }, { name, home, overlay }: Given): Preview | null {
  const { merged, own, book } = filling;
  const { root } = applyOverlay(fillVariables(merged, own, book).root, { overlay, profile: name });
  const { profile, document } = checkComposed(root, { name, home, whole: true, unset: new Set() });
  return profile === null || document === null ? null : { ...sharedBy(filling), profile, document, root, standIns: book.all };
}

/** A person's own values only where the files have none. */
const filledIn = (declared: Variables, own: Variables): Variables =>
  new Map([...declared].map(([name, variable]) => [name, variable.value.value === null ? (own.get(name) ?? variable) : variable]));

const yoursOf = (declared: Variables, own: Variables): Record<string, string> =>
  Object.fromEntries(
    [...declared].flatMap(([name, { value }]) => {
      const mine = value.value === null ? (own.get(name)?.value.value ?? null) : null;
      return mine === null ? [] : [[name, String(mine)]];
    }),
  );

/** What only the files themselves are about. `$schema` says where an editor finds the schema, seen from its own file. */
const OF_FILES: Readonly<Record<Role, ReadonlySet<string>>> = {
  profile: new Set(['extends', 'variables']),
  base: new Set(['extends', 'variables', '$schema']),
  defaults: new Set(['extends', 'variables', '$schema']),
  'known-hosts': new Set(),
};

/** Host keys come from a file of their own; there is no key to write them under. */
function foreignKeys({ role, source: { root } }: Layer): FileError[] {
  const entry = role === 'known-hosts' ? undefined : root.entries.get('knownHosts');
  return entry === undefined ? [] : [errorAt(entry.key, issueAt([], 'known-hosts-key', {}))];
}

/** Of what does not come through to the outcome, which is looked through itself. */
const hiddenSecrets = (roots: readonly Mapping[]): FileError[] =>
  roots.length === 1 && !roots.some(({ entries }) => entries.has('variables')) ? [] : roots.flatMap(secretsOf);

export const mergeLayers = (layers: readonly Layer[]): Mapping =>
  layers.map(({ role, source }) => withoutKeys(source.root, OF_FILES[role])).reduce((near, far) => mergeDocuments(near, far));

const unsetError = ({ name, value }: Variable, profile: string): Unset => ({
  ...errorAt(value.at, issueAt([], 'variable-unset', { name, profile })),
  variable: name,
});
