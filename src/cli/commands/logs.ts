import type { LogLine, LogQuery } from '../../api/contract.ts';
import { parseDuration } from '../../model/duration.ts';
import { problem, ProblemError } from '../../model/problem.ts';
import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { type Context, defineCommand } from '../command.ts';
import { checkProfiles } from '../pick-tunnels.ts';
import { logLine } from '../output/log-line.ts';

export const command = defineCommand({
  name: 'logs',
  usage: ['logs [name] [-f] [-n N] [--since T]'],
  describe: 'Shows what the supervisor did and what happened to it, of all tunnels or of one. Works without a supervisor too.',
  examples: [
    ['tunnels logs db-prod', 'the last 100 lines of one tunnel'],
    ['tunnels logs -f', 'go on until Ctrl-C'],
    ['tunnels logs --since 10m', 'the last ten minutes'],
    ['tunnels logs --since 2026-11-23T08:00Z -n 20', 'the last 20 lines since then'],
  ],
  words: { least: 0, most: 1 },
  options: {
    follow: { type: 'boolean', alias: 'f', describe: 'go on with every new line until Ctrl-C' },
    lines: { type: 'number', alias: 'n', requiresArg: true, describe: 'how many lines at most' },
    since: { type: 'string', requiresArg: true, describe: 'how long ago (10m, 2h), or an ISO 8601 time' },
  },
  async run({ words: [name], flags }, context) {
    if (flags.follow && context.screen.mode.json) throw new ProblemError(problem('options-clash', FOLLOW_JSON));
    const query: LogQuery = {
      ...(name === undefined ? {} : { name }),
      ...(flags.lines === undefined ? {} : { lines: wholeNumber(flags.lines) }),
      ...(flags.since === undefined ? {} : { since: sinceTime(flags.since, context.clock.now()) }),
      ...(flags.follow ? { follow: true } : {}),
    };
    return await show(query, context);
  },
});

const FOLLOW_JSON = {
  one: '--follow',
  other: '--json',
  instead: 'One document cannot go on. Read GET /v1/logs?follow=true of the supervisor, or leave one of them out.',
};

async function show(query: LogQuery, context: Context): Promise<number> {
  const { screen, interrupt } = context;
  const lines: LogLine[] = [];
  if (query.follow) await checkName(query, context);
  let any = false;
  for await (const line of linesFor(query, context)) {
    any = true;
    if (screen.mode.json) lines.push(line);
    else screen.print(logLine(line, screen.ink));
  }
  // Also of tunnels that are gone there may be lines.
  if (!any && !query.follow) await checkName(query, context);
  if (screen.mode.json) screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, lines }), text: () => '' });
  return interrupt.signal.aborted ? EXIT.interrupted : EXIT.done;
}

/** Throws `tunnel-not-found` for a name that is neither a tunnel's nor a profile's. */
async function checkName({ name }: LogQuery, context: Context): Promise<void> {
  const tunnels = (await (await context.connect(context.paths))?.status())?.tunnels ?? [];
  if (name !== undefined && !tunnels.some((tunnel) => tunnel.name === name)) await checkProfiles([name], tunnels, context);
}

/** From the supervisor, or from its files where none runs. */
async function* linesFor(query: LogQuery, { connect, paths, interrupt, screen }: Context): AsyncGenerator<LogLine> {
  const client = await connect(paths);
  if (client !== null) return yield* client.logs(query, AbortSignal.any([interrupt.signal, interrupt.unread]));
  const { readLogLines } = await import('../../api/log-files.ts');
  yield* await readLogLines(paths.logs, query);
  if (query.follow) screen.say('No supervisor runs, so there is nothing to follow. The first tunnels up starts it.');
}

function wholeNumber(lines: number): number {
  if (Number.isInteger(lines)) return lines;
  throw new ProblemError(problem('option-bad-value', { option: '-n', value: String(lines), wanted: 'a whole number of lines' }));
}

function sinceTime(text: string, now: number): string {
  const ago = parseDuration(text);
  const at = ago === null ? Date.parse(/^\d{4}-\d\d/.test(text) ? text : '') : now - ago;
  if (!Number.isNaN(at) && Math.abs(at) <= 8.64e15) return new Date(at).toISOString();
  throw new ProblemError(
    problem('option-bad-value', { option: '--since', value: text, wanted: 'how long ago (30s, 10m, 2h) or a time (2026-11-23T08:00:00Z)' }),
  );
}
