import { resolve } from 'node:path';
import type { Overlay } from '../overlay/overlay.ts';
import type { Role } from './layers.ts';
import { partAt, type Mapping, type Spot } from './part.ts';

/** How a value came into a document. `variable`: it is the value of a variable as a whole. `overlay`: a person's own change. */
export type Via = Role | 'variable' | 'overlay';

export type Origin = Spot & {
  readonly via: Via;
  /** The variables that the value is, or is made with. */
  readonly variables: readonly string[];
};

/** Where the value at a path is written; null where the document has none there. */
export type Origins = (path: readonly (string | number)[]) => Origin | null;

type Given = { readonly files: readonly { readonly file: string; readonly role: Role }[]; readonly overlay: Overlay };

export function originsOf(root: Mapping, given: Given): Origins {
  const roles = new Map(given.files.map(({ file, role }) => [resolve(file), role] as const));
  return (path) => {
    const part = partAt(root, path);
    if (part === null) return null;
    const filled = part.is === 'scalar' ? part.filled : null;
    const via = filled?.whole === true ? 'variable' : (roles.get(resolve(part.at.file)) ?? 'overlay');
    return { ...part.at, via, variables: filled?.names ?? [] };
  };
}
