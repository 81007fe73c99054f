import { problem, ProblemError } from '../../model/problem.ts';
import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { profileInvalid } from '../../profiles/file-error.ts';
import { type Context, defineCommand } from '../command.ts';
import { type Annotation, annotationLine } from '../output/annotations.ts';
import { lintTexts } from '../output/lint-text.ts';
import { count } from '../output/source-text.ts';
import { type Validation, validate } from '../validate/check.ts';

const FORMATS = ['text', 'github'] as const;

export const command = defineCommand({
  name: 'profiles validate',
  usage: ['profiles validate [name|group|pattern|file|folder]... [--format text|github]', 'profiles validate --all'],
  describe:
    'Checks profiles, each alone and beside each other, and shows every error with file, line and column. Changes nothing. It ends with 2 where there are errors; warnings and notes are only told.',
  examples: [
    ['tunnels profiles validate --all', 'all profiles, as without words'],
    ['tunnels profiles validate ./db-prod.yaml', 'a file, before it is put in place'],
    ['tunnels profiles validate .tunnels', 'a folder, as a team shares it, in CI'],
    ['tunnels profiles validate .tunnels --format github', 'annotations, as in GitHub Actions by itself'],
  ],
  words: { least: 0, most: Number.POSITIVE_INFINITY },
  options: {
    all: { type: 'boolean', describe: 'all profiles' },
    format: { type: 'string', choices: FORMATS, requiresArg: true, describe: 'how it is told [github where GITHUB_ACTIONS is true]' },
  },
  async run({ words, flags }, context) {
    if (flags.all === true && words.length > 0)
      throw new ProblemError(problem('option-needs-words', { command: 'profiles validate', option: '--all' }));
    if (flags.format === 'github' && context.screen.mode.json) throw new ProblemError(problem('options-clash', JSON_AND_GITHUB));
    const validation = await validate(words, context);
    const isWrong = isInvalid(validation);
    if (asGithub(flags.format, context)) annotate(validation, context);
    else tell(validation, context);
    return isWrong ? EXIT.usage : EXIT.done;
  },
});

const JSON_AND_GITHUB = { one: '--json', other: '--format github', instead: 'Run it twice, or leave one of them out.' };

const isInvalid = ({ profiles, findings }: Validation): boolean =>
  profiles.some(({ errors }) => errors.length > 0) || findings.some(({ severity }) => severity === 'error');

const asGithub = (format: string | undefined, { env, screen }: Context): boolean =>
  format === undefined ? env['GITHUB_ACTIONS'] === 'true' && !screen.mode.json : format === 'github';

function tell(validation: Validation, { screen }: Context): void {
  const { profiles } = validation;
  const findings = screen.mode.quiet ? validation.findings.filter(({ severity }) => severity !== 'note') : validation.findings;
  const valid = profiles.filter(({ errors }) => errors.length === 0).map(({ name }) => `${name} is valid`);
  screen.show({
    document: () => ({
      schemaVersion: SCHEMA_VERSION,
      valid: !isInvalid(validation),
      profiles,
      findings: validation.findings.map(({ text, ...finding }) => ({ ...finding, what: text })),
    }),
    text: () => [...valid, ...lintTexts(findings, { ink: screen.ink, all: screen.mode.verbose })].join('\n'),
  });
  for (const { name, errors } of profiles) if (errors.length > 0) screen.explain(profileInvalid(name, errors));
}

/** Errors of a shared base come with every profile that builds upon it, and are told once. */
function annotate({ profiles, findings }: Validation, { screen, env, cwd }: Context): void {
  const errors: Annotation[] = profiles.flatMap((one) =>
    one.errors.map((error) => ({ ...error, severity: 'error', title: `profile ${one.name}` })),
  );
  const others: Annotation[] = findings.map(({ text, why, fix, rule, ...finding }) => ({
    ...finding,
    title: rule,
    text: `${text} ${why}\n${fix}`,
  }));
  const root = env['GITHUB_WORKSPACE'] ?? cwd;
  const told = new Map(
    [...errors, ...others].map((one) => [JSON.stringify([one.file, one.line, one.column, one.text]), annotationLine(one, root)]),
  );
  screen.print([...told.values()].join('\n'));
  const wrong = profiles.filter((one) => one.errors.length > 0).length;
  screen.say(`${count(profiles.length, 'profile')} checked, ${wrong} with errors; ${count(findings.length, 'finding')} beside them.`);
}
