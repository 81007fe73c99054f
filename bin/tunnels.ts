import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { foretellUp } from '../src/cli/foretell-up.ts';
import type { Given } from '../src/cli/given.ts';
import { runScript } from '../src/platform/compiled-script.ts';
import { ownHome, stateIn } from '../src/platform/base-folders.ts';
import type * as CommandLine from './command-line.ts';

const ALL_DAY: ReadonlySet<string> = new Set(['up', 'down', 'status', 'list']);

const program = fileURLToPath(new URL('./command-line.cjs', import.meta.url));
const cli = fileURLToPath(new URL('./tunnels.js', import.meta.url));
await foretellUp({ argv: process.argv.slice(2), env: process.env });
const commandLine = runScript(program, compiledForm()) as typeof CommandLine;

await commandLine.runProcess({ runSupervisor });

/** The supervisor, and ssh2 with it, is loaded only where this process is to be one. */
async function runSupervisor(options: Parameters<Given['runSupervisor']>[0]): Promise<number> {
  const supervisor = await import('../src/supervisor/main.ts');
  const { ProblemError } = await import('../src/model/problem.ts');
  try {
    return await supervisor.runSupervisor({ ...options, cli });
  } catch (error) {
    // The script has a class of its own of that name.
    throw error instanceof ProblemError ? new commandLine.ProblemError(error.problem, { cause: error }) : error;
  }
}

/** One for each of the commands that are used all day, as each uses other parts of the script; null: none is kept. */
function compiledForm(): string | null {
  // Windows does not tell in this way who may write a file.
  if (process.platform === 'win32') return null;
  const { env, argv } = process;
  const state = ownHome(env) ?? (env['HOME'] ? stateIn(env, env['HOME']) : null);
  const [word = ''] = argv.slice(2).filter((argument) => !argument.startsWith('-'));
  return state && join(state, 'compiled', `${ALL_DAY.has(word) ? word : 'others'}.bin`);
}
