import type { DoctorRequest } from '../../api/contract.ts';
import { type Finding, trouble } from '../../model/finding.ts';
import { problem } from '../../model/problem.ts';
import { EXIT, type ExitCode } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { type FileError, printFileError } from '../../profiles/file-error.ts';
import { profileNameOf } from '../../profiles/load-profile.ts';
import { besideEachOther } from '../beside-each-other.ts';
import { callerAgent } from '../caller-agent.ts';
import { type Context, defineCommand } from '../command.ts';
import { doctorRequests } from '../doctor-requests.ts';
import { findingsText, summaryOf } from '../output/findings-text.ts';
import { allProfiles, loadAll, pickAmong, type ProfileFile, valuesMissing } from '../profile-files.ts';
import { worst } from '../settle.ts';
import { tellSkew } from '../version-skew.ts';
import { withSupervisor } from '../with-supervisor.ts';

export const command = defineCommand({
  name: 'doctor',
  usage: ['doctor [profile|group|pattern|tunnel]...'],
  describe:
    'Checks profiles, keys, agent, each hop and each binding, and says how to mend what it finds. Changes nothing; logs in to each hop once.',
  examples: [
    ['tunnels doctor', 'all profiles'],
    ['tunnels doctor db-prod --quiet', 'one profile, or one tunnel without a profile; problems only'],
    ['tunnels doctor --json', 'every finding, for a script'],
  ],
  words: { least: 0, most: Number.POSITIVE_INFINITY },
  options: {},
  async run({ words }, context) {
    const { files, findings, tunnels } = await profilesFor(words, context);
    const examined = await examine({ files, tunnels }, context);
    return report([...findings, ...besideEachOther(files), ...examined], context);
  },
});

type Chosen = {
  readonly files: readonly ProfileFile[];
  /** Tunnels that have no profile. */
  readonly tunnels: readonly string[];
  readonly findings: readonly Finding[];
};

/** What can be examined, and findings about what cannot: files with errors, and those that nobody has trusted yet. */
async function profilesFor(words: readonly string[], context: Context): Promise<Chosen> {
  const { files, errors, tunnels = [] } = await (words.length === 0 ? everything(context) : named(words, context));
  const fit = files.filter(({ loaded, trusted }) => loaded !== null && trusted);
  const unusable = errors.map((error) => invalid(profileNameOf(error.file), [error]));
  return {
    files: fit,
    tunnels,
    findings: [...unusable, ...files.filter((file) => !fit.includes(file)).map((file) => unfit(file, context))],
  };
}

type Found = { readonly files: readonly ProfileFile[]; readonly errors: readonly FileError[]; readonly tunnels?: readonly string[] };

/** A tunnel that was brought up without a profile, or whose profile is not to be seen from here, is as good as a profile. */
async function named(words: readonly string[], context: Context): Promise<Found> {
  const found = await allProfiles(context);
  const strangers = words.filter((word) => !found.profiles.some(({ name }) => name === word));
  const tunnels = strangers.length === 0 ? [] : await tunnelsAmong(strangers, context);
  const rest = words.filter((word) => !tunnels.includes(word));
  return { files: rest.length === 0 ? [] : await pickAmong(found, rest, context), errors: [], tunnels };
}

async function tunnelsAmong(names: readonly string[], context: Context): Promise<string[]> {
  const client = await context.connect(context.paths);
  const running = client === null ? [] : (await client.status()).tunnels.map(({ name }) => name);
  return running.filter((name) => names.includes(name));
}

async function everything(context: Context): Promise<Found> {
  const found = await allProfiles(context);
  const used = found.profiles.filter(({ shadowedBy }) => shadowedBy === null);
  if (used.length === 0) context.screen.say(`No profiles yet. Put one into ${context.paths.profiles}`);
  return { files: await loadAll(used, context), errors: found.errors };
}

const aboutProfile = (name: string) => ({ check: 'profile', subject: `profile ${name}` });

function unfit(file: ProfileFile, { paths }: Context): Finding {
  const { name, loaded, open, errors, source, trusted } = file;
  if (loaded === null && open === null) return invalid(name, errors);
  if (open !== null && trusted)
    return trouble(aboutProfile(name), valuesMissing([file], paths), { why: 'Nothing of it is brought up as long as it is missing.' });
  const why = 'What it says has not been looked at by you, so its hops were not even connected to.';
  return trouble(aboutProfile(name), problem('profile-untrusted', { name, source: source.directory }), { why });
}

const invalid = (name: string, errors: readonly FileError[]): Finding =>
  trouble(aboutProfile(name), problem('profile-invalid', { name, errors: errors.map(printFileError).join('\n') }), {
    why: 'Nothing of it is brought up as long as it has errors.',
    fix: `Correct them, then: tunnels profiles validate ${name}`,
  });

async function examine({ files, tunnels }: Pick<Chosen, 'files' | 'tunnels'>, context: Context): Promise<readonly Finding[]> {
  const client = await withSupervisor(context);
  const names = [...files.map(({ name }) => name), ...tunnels];
  if (names.length > 0) context.screen.say(`Checking ${names.join(', ')} ...`);
  const request = { profiles: files.flatMap(asked), ...(tunnels.length > 0 && { tunnels: [...tunnels] }), ...callerAgent(context) };
  const findings: Finding[] = [];
  // One after the other: each asks the servers for all that it needs at once.
  for (const part of doctorRequests(request)) findings.push(...(await client.doctor(part)).findings);
  tellSkew(client, context);
  // What is about this machine comes with each of them.
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
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
