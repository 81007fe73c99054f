import type { SupervisorClient } from '../../api/client.ts';
import { problem, ProblemError, problemOf } from '../../model/problem.ts';
import { EXIT, type ExitCode } from '../../model/problems/entry.ts';
import type { Prompt, Remember } from '../../model/prompt.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { type Context, defineCommand } from '../command.ts';
import { oneLine } from '../output/plain-text.ts';
import { type AnswerNeeds, answerPrompt } from '../prompts/answer-prompt.ts';
import { headOf } from '../prompts/at-keyboard.ts';
import { linesSource, sourceOf } from '../prompts/source.ts';
import { report } from '../report.ts';
import { worst } from '../settle.ts';
import { tellSkew } from '../version-skew.ts';
import { WAIT_OPTIONS, waitOf } from '../wait-options.ts';
import { waitUntilUp } from '../wait-until-up.ts';

const OPTIONS = {
  stdin: { type: 'boolean', describe: 'read the answers from stdin, one a line, in the order of the questions' },
  remember: { type: 'boolean', describe: 'keep passphrases and passwords in memory until the supervisor ends' },
  keychain: { type: 'boolean', describe: "keep passphrases and passwords in the system's keychain" },
  decline: { type: 'boolean', describe: 'say no: the tunnel is not tried again until it is asked for' },
  ...WAIT_OPTIONS,
} as const;

export const command = defineCommand({
  name: 'answer',
  usage: ['answer [prompt|tunnel] [--remember | --keychain] [--stdin | --decline] [--wait SECONDS | --no-wait]'],
  describe:
    'Answers what tunnels wait for: passphrases, passwords, one-time codes, new host keys. What is typed is kept in memory only, for this one login; then it waits as `up` does.',
  examples: [
    ['tunnels answer', 'everything that is asked, one after the other'],
    ['tunnels answer 3 --remember', 'one question; not again before the supervisor ends'],
    ['pass show bastion | tunnels answer db-prod --stdin', 'from a script: never as an argument, which others could read'],
    ['tunnels answer --json', 'what is asked, for a script'],
  ],
  words: { least: 0, most: 1 },
  options: OPTIONS,
  async run({ words: [word], flags }, context) {
    const remember = rememberOf(flags);
    const seconds = waitOf({ wait: flags.wait, 'no-wait': flags['no-wait'] }, context);
    const client = await context.connect(context.paths);
    const prompts = client === null ? [] : await chosen(word, client);
    if (client !== null) tellSkew(client, context);
    const acts = flags.stdin === true || flags.decline === true;
    if (client === null || prompts.length === 0 || (context.screen.mode.json && !acts)) return list(prompts, context);
    if (flags.decline) return await declineAll(prompts, { client, context });
    const source = flags.stdin ? linesSource(context.stdinLines()) : sourceOf(context);
    if (source === null) throw nobodyHere(prompts, context);
    const needs = { client, context, source, remember };
    return seconds === null ? await answerAll(prompts, needs) : await answerAndWait(prompts, needs, seconds);
  },
});

function rememberOf({
  remember,
  keychain,
}: {
  readonly remember?: boolean | undefined;
  readonly keychain?: boolean | undefined;
}): Remember | null {
  if (remember && keychain)
    throw new ProblemError(problem('options-clash', { one: '--remember', other: '--keychain', instead: 'Give one of them.' }));
  return keychain ? 'keychain' : remember ? 'supervisor' : null;
}

/** All of them, the one of this name, or those that a tunnel of this name waits for. */
async function chosen(word: string | undefined, client: SupervisorClient): Promise<Prompt[]> {
  const { prompts } = await client.prompts();
  if (word === undefined) return prompts;
  const found = prompts.filter(({ id, tunnels }) => id === word || tunnels.includes(word));
  if (found.length > 0) return found;
  const { tunnels } = await client.status();
  if (tunnels.some(({ name }) => name === word)) return [];
  throw new ProblemError(problem('prompt-gone', { id: word }));
}

function list(prompts: readonly Prompt[], { screen }: Context): ExitCode {
  screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, prompts }), text: () => '' });
  if (prompts.length === 0) screen.say('Nothing waits for an answer.');
  return EXIT.done;
}

function nobodyHere(prompts: readonly Prompt[], { screen }: Context): ProblemError {
  for (const prompt of prompts) screen.complain(`${headOf(prompt, screen.errInk)}\n  tunnels answer ${prompt.id}`);
  const what = prompts.length === 1 ? 'this question' : `these ${prompts.length} questions`;
  return new ProblemError(problem('no-terminal', { what }));
}

async function declineAll(prompts: readonly Prompt[], { client, context }: Pick<AnswerNeeds, 'client' | 'context'>): Promise<ExitCode> {
  for (const { id, title } of prompts) {
    await client.decline(id);
    context.screen.say(`Declined: ${oneLine(title)}`);
  }
  context.screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, prompts: [] }), text: () => '' });
  return EXIT.done;
}

async function answerAll(prompts: readonly Prompt[], needs: AnswerNeeds): Promise<ExitCode> {
  const { context } = needs;
  const codes: ExitCode[] = [];
  for (const prompt of prompts) {
    const answered = await answerPrompt(prompt, needs, context.interrupt.signal).catch(unlessGone);
    codes.push(answered === 'given-up' ? EXIT.personNeeded : answered === 'unkept' ? EXIT.failed : EXIT.done);
  }
  const left = (await needs.client.prompts()).prompts;
  context.screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, prompts: left }), text: () => '' });
  return worst(codes);
}

/** Somebody else was quicker. */
function unlessGone(error: unknown): 'answered' {
  if (problemOf(error).code !== 'prompt-gone') throw error;
  return 'answered';
}

/** What a tunnel asks next, such as a second factor, is asked as well. A question that no tunnel waits for yet is answered first. */
async function answerAndWait(prompts: readonly Prompt[], needs: AnswerNeeds, seconds: number): Promise<ExitCode> {
  const { client, context } = needs;
  const names = new Set(prompts.flatMap(({ tunnels }) => tunnels));
  const alone = prompts.filter(({ tunnels }) => tunnels.length === 0);
  if (names.size === 0) return await answerAll(alone, needs);
  for (const prompt of alone) await answerPrompt(prompt, needs, context.interrupt.signal).catch(unlessGone);
  const tunnels = (await client.status()).tunnels.filter(({ name }) => names.has(name));
  let code: ExitCode = EXIT.done;
  const outcomes = await waitUntilUp(tunnels, { ...needs, waitMs: seconds * 1000, onUnkept: () => (code = EXIT.failed) });
  return worst([report(outcomes, { screen: context.screen, seconds }), code]);
}
