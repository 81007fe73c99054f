import type { FileError } from './file-error.ts';
import type { FoundProfile } from './find-profiles.ts';
import { parseYaml } from './parse-yaml.ts';
import { readText } from './read-text.ts';

type Groups = { readonly byFile: ReadonlyMap<string, readonly string[]>; readonly unread: readonly FileError[] };

/**
 * The groups of each file. A profile with errors elsewhere still belongs to its groups: bringing up the
 * group must tell of it, not leave it out in silence.
 */
export async function readGroups(profiles: readonly FoundProfile[]): Promise<Groups> {
  const read = await Promise.all(profiles.map(({ file }) => groupsOf(file)));
  return {
    byFile: new Map(profiles.map(({ file }, index) => [file, read[index]?.groups ?? []])),
    unread: read.flatMap(({ errors }) => errors),
  };
}

async function groupsOf(file: string): Promise<{ groups: readonly string[]; errors: readonly FileError[] }> {
  const text = await readText(file);
  if (!text.ok) return { groups: [], errors: [{ file, ...text.error }] };
  const parsed = parseYaml(text.value.text);
  if (!parsed.ok) return { groups: [], errors: parsed.error.map((error) => ({ file, ...error })) };
  const { groups } = parsed.value.data as { groups?: unknown };
  return { groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [], errors: [] };
}
