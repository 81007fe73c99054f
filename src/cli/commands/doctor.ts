import type { DoctorRequest } from '../../api/contract.ts';
import { type Finding, trouble } from '../../model/finding.ts';
import { problem } from '../../model/problem.ts';
import { EXIT, type ExitCode } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { type FileError, printFileError } from '../../profiles/file-error.ts';
import { profileNameOf } from '../../profiles/load-profile.ts';
import { callerAgent } from '../caller-agent.ts';
import { type Context, defineCommand } from '../command.ts';
import { findingsText, summaryOf } from '../output/findings-text.ts';
import { allProfiles, loadAll, pickProfiles, type ProfileFile } from '../profile-files.ts';
import { worst } from '../settle.ts';
import { tellSkew } from '../version-skew.ts';
import { withSupervisor } from '../with-supervisor.ts';

export const command = defineCommand({
  name: 'doctor',
  usage: ['doctor [profile|group|pattern]...'],
  describe:
    'Checks profiles, keys, agent, each hop and each binding, and says how to mend what it finds. Changes nothing; logs in to each hop once.',
  examples: [
    ['tunnels doctor', 'all profiles'],
    ['tunnels doctor db-prod --quiet', 'one profile, problems only'],
    ['tunnels doctor --json', 'every finding, for a script'],
  ],
  words: { least: 0, most: Number.POSITIVE_INFINITY },
  options: {},
  async run({ words }, context) {
    const { files, findings } = await profilesFor(words, context);
    const examined = await examine(files, context);
    return report([...findings, ...examined], context);
  },
});

type Chosen = { readonly files: readonly ProfileFile[]; readonly findings: readonly Finding[] };

/** What can be examined, and findings about what cannot: files with errors, and those that nobody has trusted yet. */
async function profilesFor(words: readonly string[], context: Context): Promise<Chosen> {
  const { files, errors } = words.length === 0 ? await everything(context) : { files: await pickProfiles(words, context), errors: [] };
  const fit = files.filter(({ loaded, trusted }) => loaded !== null && trusted);
  const unusable = errors.map((error) => invalid(profileNameOf(error.file), [error]));
  return { files: fit, findings: [...unusable, ...files.filter((file) => !fit.includes(file)).map(unfit)] };
}

async function everything(context: Context): Promise<{ files: ProfileFile[]; errors: readonly FileError[] }> {
  const found = await allProfiles(context);
  const used = found.profiles.filter(({ shadowedBy }) => shadowedBy === null);
  if (used.length === 0) context.screen.say(`No profiles yet. Put one into ${context.paths.profiles}`);
  return { files: await loadAll(used, context), errors: found.errors };
}

const aboutProfile = (name: string) => ({ check: 'profile', subject: `profile ${name}` });

function unfit({ name, loaded, errors, source }: ProfileFile): Finding {
  if (loaded === null) return invalid(name, errors);
  const why = 'What it says has not been looked at by you, so its hops were not even connected to.';
  return trouble(aboutProfile(name), problem('profile-untrusted', { name, source: source.directory }), { why });
}

const invalid = (name: string, errors: readonly FileError[]): Finding =>
  trouble(aboutProfile(name), problem('profile-invalid', { name, errors: errors.map(printFileError).join('\n') }), {
    why: 'Nothing of it is brought up as long as it has errors.',
    fix: `Correct them, then: tunnels profiles validate ${name}`,
  });

async function examine(files: readonly ProfileFile[], context: Context): Promise<readonly Finding[]> {
  const client = await withSupervisor(context);
  if (files.length > 0) context.screen.say(`Checking ${files.map(({ name }) => name).join(', ')} ...`);
  const { findings } = await client.doctor({ profiles: files.flatMap(asked), ...callerAgent(context) });
  tellSkew(client, context);
  return findings;
}

const asked = ({ name, loaded, file }: ProfileFile): DoctorRequest['profiles'] =>
  loaded === null ? [] : [{ name, profile: { ...loaded.document }, origin: file }];

function report(findings: readonly Finding[], { screen }: Context): number {
  const shown = screen.mode.quiet ? findings.filter(({ severity }) => severity === 'error' || severity === 'warning') : findings;
  screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, findings }), text: () => findingsText(shown, screen.ink) });
  screen.say(summaryOf(findings));
  return worst(findings.map(codeOf));
}

/** A newer supervisor may send another number than those we know. */
function codeOf({ severity, exitCode }: Finding): ExitCode {
  if (severity !== 'error') return EXIT.done;
  return KNOWN.find((code) => code === exitCode) ?? EXIT.failed;
}

const KNOWN: readonly ExitCode[] = [EXIT.usage, EXIT.personNeeded, EXIT.bindingHeld];
