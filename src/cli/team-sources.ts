import { type Problem, wordsOf } from '../model/problem.ts';
import { oneLine } from '../model/plain-text.ts';
import { pendingOf } from '../profiles/sources/pins.ts';
import type { TeamSource } from '../profiles/sources/source-list.ts';
import { inUse } from '../profiles/sources/pins.ts';
import { readFetched } from '../profiles/sources/state/source-state.ts';
import { printSpec } from '../profiles/sources/spec.ts';
import type { UpdateGiven } from '../profiles/sources/update.ts';
import type { Context } from './command.ts';
import { pendingText } from './output/source-text.ts';

/** Git may ask the person at this command's terminal, and nobody where there is none. */
export const updateGiven = ({ paths, env, clock, keyboard, interrupt }: Context): UpdateGiven => ({
  paths,
  env,
  asks: keyboard === null ? 'nobody' : 'terminal',
  now: clock.now(),
  signal: interrupt.signal,
});

/** A source as `--json` has it. Reads our own files only. */
export function sourceEntry({ name, spec }: TeamSource, { paths }: Context): object {
  const { latest, fetchedAt, trouble } = readFetched(paths, name);
  const pending = pendingOf(paths, { name });
  return {
    name,
    ...spec,
    inUse: inUse(paths, name)?.id ?? null,
    latest,
    fetchedAt: fetchedAt === null ? null : new Date(fetchedAt).toISOString(),
    trouble,
    pending: pending === null ? null : { id: pending.to.id, way: pending.way, changes: pending.changes },
  };
}

/** What a person should know of the sources beside their profiles. What only failed for now is said with --verbose. */
export function tellSources(sources: readonly TeamSource[], { paths, screen }: Context): void {
  const mark = screen.errInk.yellow('!');
  for (const { name, spec } of sources) {
    const pending = pendingOf(paths, { name });
    if (pending !== null)
      screen.say(`${mark} ${name}: ${pendingText(pending)} See it, and accept it: tunnels profiles trust --source ${name}`);
    const { trouble } = readFetched(paths, name);
    if (trouble === null) continue;
    const text = `${mark} ${name} (${printSpec(spec)}): ${oneLine(`${trouble.text} ${trouble.next}`)}`;
    if (PERSON.has(trouble.code)) screen.say(text);
    else screen.detail(text);
  }
}

/** Nothing but a person ends these. */
const PERSON: ReadonlySet<string> = new Set<Problem['code']>([
  'source-login-refused',
  'source-host-key',
  'source-http-login',
  'source-certificate',
  'source-git-certificate',
  'source-redirected',
  'source-unsigned',
  'source-signature',
]);

/** As it stands in documents. */
export const troubleEntry = (trouble: Problem): object => ({ code: trouble.code, ...wordsOf(trouble) });
