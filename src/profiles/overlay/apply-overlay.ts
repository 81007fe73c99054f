import { nearest } from '../../model/nearest.ts';
import { issueAt } from '../../model/profile-issue.ts';
import { readHop } from '../../model/profile-hop.ts';
import { dataOf, withEntry, type Entries, type Mapping } from '../compose/part.ts';
import type { Variables } from '../compose/variables.ts';
import { errorAt, type FileError } from '../file-error.ts';
import { entriesAt, overlayOf, rulesFor, type Overlay } from './overlay.ts';
import { overrideForwards, type Overridden } from './override-forwards.ts';
import { overrideHops } from './override-hops.ts';

type Given = { readonly overlay: Overlay; readonly profile: string };

/** The variables with a person's values in place of those of the files; a warning for each that there is not. */
export function overrideVariables(
  variables: Variables,
  { overlay, profile }: Given,
): { readonly variables: Variables; readonly warnings: readonly FileError[] } {
  const wanted = [...entriesAt(overlayOf(overlay, profile), 'variables')];
  const known = [...variables.keys()];
  return {
    variables: new Map([
      ...variables,
      ...wanted.flatMap(([name, { value }]) => {
        const variable = variables.get(name);
        return variable === undefined || value.is !== 'scalar' ? [] : [[name, { ...variable, value }] as const];
      }),
    ]),
    warnings: wanted
      .filter(([name]) => !variables.has(name))
      .map(([name, { key }]) => errorAt(key, issueAt([], 'override-unused-variable', { name, profile, nearest: nearest(name, known) }))),
  };
}

/** The document with a person's users, identities, listening ends and groups; a warning for each change of what is not there. */
export function applyOverlay(root: Mapping, { overlay, profile }: Given): Overridden {
  const own = overlayOf(overlay, profile);
  const hosts = entriesAt(own, 'hosts');
  const rules = (host: string): readonly Entries[] => [...changesFor(host, hosts), own, ...changesFor(host, overlay.hosts)];
  // Before the hops are changed, as it is the names of the file that on and from of forwards name.
  const forwards = overrideForwards(root, { profile, changes: entriesAt(own, 'forwards') });
  const hops = overrideHops(forwards.root, rules);
  const groups = own.get('groups');
  return {
    root: groups === undefined ? hops : withEntry(hops, 'groups', groups),
    warnings: [...forwards.warnings, ...strangeHosts(root, { hosts, profile })],
  };
}

const changesFor = (host: string, rules: Entries): Entries[] => rulesFor(host, rules).map(({ changes }) => changes.entries);

function strangeHosts(root: Mapping, { hosts, profile }: { readonly hosts: Entries; readonly profile: string }): FileError[] {
  const hops = root.entries.get('hops')?.value;
  const names = hops?.is === 'list' ? hops.items.flatMap((item) => readHop(dataOf(item), [], () => {})?.host ?? []) : [];
  const used = new Set(names.flatMap((host) => rulesFor(host, hosts)).map(({ pattern }) => pattern));
  return [...hosts].flatMap(([name, { key }]) => (used.has(name) ? [] : [errorAt(key, issueAt([], 'override-host', { name, profile }))]));
}

/** Changes for profiles that there are not. */
export const strangeProfiles = ({ profiles }: Overlay, names: readonly string[]): FileError[] =>
  [...profiles].flatMap(([name, { key }]) =>
    names.includes(name) ? [] : [errorAt(key, issueAt([], 'override-profile', { name, nearest: nearest(name, names) }))],
  );
