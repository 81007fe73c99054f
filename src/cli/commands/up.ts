import { type AdHocFlags, isAdHoc } from '../ad-hoc.ts';
import { type Args, type Context, defineCommand } from '../command.ts';
import { problem, ProblemError } from '../../model/problem.ts';
import { answerAlong } from '../prompts/answer-along.ts';
import { bringUp } from '../bring-up.ts';
import { callerAgent } from '../caller-agent.ts';
import { fromSshArgv } from '../ssh-argv.ts';
import { lookForSupervisor, settingsOf, supervisorEnv } from '../with-supervisor.ts';
import { WAIT_OPTIONS, waitOf } from '../wait-options.ts';
import type { Request } from '../requests.ts';

const each = { type: 'string', array: true } as const;
const once = { type: 'string' } as const;

const OPTIONS = {
  ...WAIT_OPTIONS,
  foreground: { type: 'boolean', describe: 'run the supervisor in this process, log to stderr, take all down at Ctrl-C' },
  'take-over': { type: 'boolean', describe: 'take remote bindings away from live sessions of your own user elsewhere' },
  L: { ...each, describe: 'listen here, connect there: [address:]port:host:port' },
  R: { ...each, describe: 'listen there, connect here: [address:]port:host:port; SOCKS with a port alone' },
  D: { ...each, describe: 'SOCKS here: [address:]port' },
  J: { ...once, describe: 'hops on the way: [user@]host[:port],...' },
  p: { type: 'number', describe: "the server's port" },
  i: { ...each, describe: 'a private key for the server' },
  l: { ...once, describe: 'the user to log in as' },
  F: { ...once, describe: 'ssh_config file to use' },
  o: { ...each, describe: 'an option of ssh_config: Key=value' },
  name: { ...once, describe: "the tunnel's name [the server's]" },
} as const;

export const command = defineCommand({
  name: 'up',
  usage: [
    'up <profile|group|pattern>... [--wait SECONDS | --no-wait | --foreground] [--take-over]',
    'up [-L spec] [-R spec] [-D spec] [-J hops] [-p port] [-i key] [-l user] [-F file] [-o Key=value] [--name NAME] [user@]host',
  ],
  describe:
    'Brings tunnels up and waits until every forward listens. The supervisor keeps them up until `tunnels down`. What a login asks, such as a password, is asked in this terminal; without one: `tunnels answer`.',
  examples: [
    ['tunnels up db-prod', 'one profile'],
    ["tunnels up prod 'db-*'", 'a group, and all profiles that fit a pattern'],
    ['tunnels up -L 5432:db.internal:5432 -J ann@bastion db-gw', "without a profile, with ssh's flags"],
    ['tunnels up -D 1080 --name proxy ann@bastion', 'a SOCKS proxy'],
    ['tunnels up db-prod --no-wait', 'return at once'],
    ['tunnels up db-prod --take-over', 'also where another machine of yours has its remote bindings'],
  ],
  words: { least: 0, most: Number.POSITIVE_INFINITY },
  options: OPTIONS,
  normalize: fromSshArgv,
  async run({ words, flags }, context) {
    const { wait, foreground, 'no-wait': noWait, 'take-over': takeOver, ...rest } = flags;
    const seconds = waitOf({ wait, 'no-wait': noWait }, context);
    const looked = foreground ? null : lookForSupervisor(context);
    const asked = await requestsFor({ words, flags: rest }, context);
    const extra = { ...callerAgent(context), ...(takeOver && { takeOver }) };
    const requests = asked.map(({ name, request }) => ({ name, request: { ...request, ...extra } }));
    return looked === null ? await inForeground(requests, context) : await bringUp(requests, { context, seconds, looked });
  },
});

async function requestsFor(
  { words, flags }: Args<Omit<typeof OPTIONS, 'wait' | 'no-wait' | 'foreground' | 'take-over'>>,
  context: Context,
): Promise<Request[]> {
  const adHoc = adHocFlags(flags);
  if (isAdHoc(adHoc)) return [(await import('../ad-hoc-request.ts')).adHocRequest(words, adHoc, context)];
  if (words.length === 0) throw new ProblemError(problem('words-missing', { command: 'up', usage: 'up <profile|group|pattern>...' }));
  return await (await import('../requests.ts')).profileRequests(words, context);
}

/** Only what was given, without what belongs to every command. */
const adHocFlags = (flags: object): AdHocFlags =>
  Object.fromEntries(Object.entries(flags).filter(([key, value]) => value !== undefined && AD_HOC.has(key)));
const AD_HOC: ReadonlySet<string> = new Set(['L', 'R', 'D', 'J', 'p', 'i', 'l', 'F', 'o', 'name']);

async function inForeground(requests: readonly Request[], context: Context): Promise<number> {
  const { paths, env, screen, interrupt } = context;
  const { settings } = settingsOf(context);
  interrupt.release();
  const running = context.runSupervisor({ paths, env: supervisorEnv(env, settings), logToStderr: !screen.mode.quiet, up: requests });
  const names = requests.map(({ name }) => name);
  answerAlong(names, context, running).catch(() => {});
  return await running;
}
