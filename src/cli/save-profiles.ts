import { join, resolve } from 'node:path';
import { wordsOfRemark } from '../model/remark.ts';
import { problem, ProblemError } from '../model/problem.ts';
import { EXIT, type ExitCode } from '../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../model/snapshot.ts';
import { homeDirectory } from '../platform/paths.ts';
import type { FileError } from '../profiles/file-error.ts';
import { loadUnwritten } from '../profiles/import/check-import.ts';
import { type Imported, printTold, type Told, told } from '../profiles/import/imported.ts';
import { nameImports } from '../profiles/import/name-imports.ts';
import { profileYaml } from '../profiles/import/profile-yaml.ts';
import { type ToWrite, writeProfiles } from '../profiles/import/write-profiles.ts';
import type { Context } from './command.ts';
import { keepSchema } from './keep-schema.ts';
import { warningsText } from './output/deeds-text.ts';
import { deedsIn } from './trust/view.ts';

/** Of the commands that make profiles. */
export const SAVE_OPTIONS = {
  print: { type: 'boolean', describe: 'print the profile and write nothing' },
  force: { type: 'boolean', describe: 'replace a profile of that name' },
} as const;

export type Saving = {
  readonly name: string | null;
  /** Null: the user's own profiles. */
  readonly folder: string | null;
  readonly print: boolean;
  readonly force: boolean;
};

type Made = Imported & ToWrite;

/** Names, checks and writes (or prints) what was made: all of it or nothing. */
export async function saveProfiles(all: readonly Imported[], how: Saving, context: Context): Promise<ExitCode> {
  if (how.name !== null && all.length > 1) throw new ProblemError(problem('import-name-many', { count: all.length }));
  const named = nameImports(all, how.name);
  if (!named.ok) throw importFailed(named.error);
  const folder = how.folder === null ? context.paths.profiles : resolve(context.cwd, how.folder);
  const made = named.value.map((one): Made => ({ ...one, file: join(folder, `${one.name}.yaml`), text: profileYaml(one) }));
  await checkAll(made, context);
  if (!how.print) writeProfiles(made, { force: how.force });
  show(made, { print: how.print, context });
  if (!how.print) await sayWhatNow(made, context);
  return EXIT.done;
}

export const importFailed = (errors: readonly Told[]): ProblemError =>
  new ProblemError(problem('import-failed', { errors: errors.map(printTold).join('\n') }));

/** What a profile's own rules refuse is an error of the import, told where the source has it: nothing invalid is ever written. */
async function checkAll(made: readonly Made[], context: Context): Promise<void> {
  const home = homeDirectory(context.env);
  const loaded = await Promise.all(made.map(({ text, file }) => loadUnwritten(text, { file, home })));
  const errors = loaded.flatMap((one, index) => (one.ok ? [] : one.error.map((error) => toldOf(error, made[index] as Made))));
  if (errors.length > 0) throw importFailed(errors);
}

/** The defaults of the folder, too, may be what is wrong; they are a file already. */
const toldOf = ({ text, ...spot }: FileError, { name, at, file }: Made): Told =>
  told(spot.file === file ? at : spot, 'invalid', { what: `${name}: ${text}` });

function show(made: readonly Made[], { print, context: { screen } }: { readonly print: boolean; readonly context: Context }): void {
  screen.show({
    document: () => ({ schemaVersion: SCHEMA_VERSION, written: !print, profiles: made.map(documentOf) }),
    text: () => made.map(({ file, text }) => (print ? text.trimEnd() : file)).join(print ? '\n---\n' : '\n'),
  });
  for (const { name, notes } of made) for (const note of notes) screen.say(`${screen.errInk.yellow('!')} ${name}: ${printTold(note)}`);
  for (const { name, document } of made) {
    // What a person would be shown of a profile of others.
    const warnings = warningsText(deedsIn(document) ?? [], screen.errInk);
    if (warnings !== '') screen.say(`${name}:\n${warnings}`);
  }
}

async function sayWhatNow(made: readonly Made[], { screen }: Context): Promise<void> {
  for (const schema of await keepSchema(made.map(({ file }) => file))) screen.say(`By ${schema} editors complete and check it.`);
  const [first] = made;
  if (first !== undefined) screen.say(`Bring ${made.length === 1 ? 'it' : 'one of them'} up: tunnels up ${first.name}`);
}

const documentOf = ({ name, file, document, notes }: Made): object => ({
  name,
  file,
  document,
  notes: notes.map(({ at, remark }) => ({ code: remark.code, text: wordsOfRemark(remark), at })),
});
