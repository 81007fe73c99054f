import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { ProblemError, problem } from '../../model/problem.ts';
import type { Prompt } from '../../model/prompt.ts';
import type { Context } from '../command.ts';
import type { Env } from '../given.ts';
import type { AnswerSource } from './source.ts';

/** Which program asks in place of a terminal, by the rules of ssh(1), SSH_ASKPASS and SSH_ASKPASS_REQUIRE; null: none. */
export function askpassProgram(env: Env, { hasTerminal }: { readonly hasTerminal: boolean }): string | null {
  const program = env['SSH_ASKPASS'];
  if (!program) return null;
  const hasDisplay = Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
  switch (env['SSH_ASKPASS_REQUIRE']) {
    case 'force':
      return program;
    case 'never':
      return null;
    case 'prefer':
      return hasDisplay ? program : null;
    default:
      return hasDisplay && !hasTerminal ? program : null;
  }
}

/** Runs the program once for each field. */
export const askpassSource = (program: string, context: Pick<Context, 'env'>): AnswerSource => ({
  async ask(prompt, signal) {
    const answers: string[] = [];
    for (const [index] of prompt.fields.entries())
      answers.push(await run(program, { text: askpassText(prompt, index), signal, env: context.env }));
    return answers;
  },
});

/** Shows what is to be done at a key, as ssh(1) does; the returned function takes it away. */
export function showNotice(program: string, { message, env }: { readonly message: string; readonly env: Env }): () => void {
  const child = spawn(program, [message], { env: { ...env, SSH_ASKPASS_PROMPT: 'none' }, stdio: 'ignore' });
  child.on('error', () => {});
  return () => void child.kill();
}

type Run = { readonly text: string; readonly signal: AbortSignal; readonly env: Env };

async function run(program: string, { text: question, signal, env }: Run): Promise<string> {
  signal.throwIfAborted();
  const child = spawn(program, [question], { env, stdio: ['ignore', 'pipe', 'inherit'], signal });
  const failed = (why: string): ProblemError => new ProblemError(problem('askpass-failed', { program, why }));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => reject(signal.aborted ? signal.reason : failed(error.code ?? 'unknown')));
    child.on('close', resolve);
  });
  const [said, code] = await Promise.all([text(child.stdout), ended]);
  if (code !== 0) throw failed(code === null ? 'it was ended' : `it ended with ${code}`);
  // The first line alone, as ssh takes it.
  return said.split(/[\r\n]/)[0] ?? '';
}

/** In ssh's own words, which password managers know. */
function askpassText({ is, about, detail, fields, title }: Prompt, index: number): string {
  const field = fields[index]?.text ?? '';
  const login = `${about['user']}@${about['host']}`;
  switch (is) {
    case 'passphrase':
      return `Enter passphrase for key '${about['path']}': `;
    case 'password':
      return `${login}'s password: `;
    case 'host-key':
      return `The authenticity of host '${about['host']}' can't be established.\n${about['type']} key fingerprint is ${about['fingerprint']}.\nAre you sure you want to continue connecting (yes/no/[fingerprint])? `;
    case 'questions':
      return [...(index === 0 && detail !== '' ? [detail] : []), `(${login}) ${field}`].join('\n');
    default:
      return [title, detail, field].filter((part) => part !== '').join('\n');
  }
}
