import { parseHop } from '../../model/profile-hop.ts';
import { printHop } from '../../model/profile.ts';
import { absolute } from './draft-document.ts';
import { type Directories, told } from './imported.ts';
import type { TableReader } from './toml.ts';

type Said = { readonly host: string; readonly user: string | null; readonly port: number | null };

/** A hop with at most one key, as other tools describe it; their files do not say where a relative path begins. */
export function hopOf(
  { host, user, port }: Said,
  { reader, key, from }: { readonly reader: TableReader; readonly key: string; readonly from: Directories },
): unknown {
  const named = reader.text(key)?.replace(/^\$(?:HOME|\{HOME\})\//, '~/') ?? null;
  if (named === null) return printHop({ host, user, port });
  const identity = absolute(named, from);
  if (identity !== named) reader.notes.push(told(reader.at(key), 'relative-path', { what: named, path: identity }));
  return { host, ...(user === null ? {} : { user }), ...(port === null ? {} : { port }), identity };
}

/** True for a host and user that ssh would take as such, never as an option. */
export const isHop = ({ host, user, port }: Said): boolean => parseHop(printHop({ host, user, port })).ok;
