import { isSocket, parseTarget } from '../../model/address.ts';
import { problem, ProblemError } from '../../model/problem.ts';
import { isProfileName } from '../../model/profile.ts';
import { parseHop } from '../../model/profile-hop.ts';
import type { Context } from '../command.ts';
import type { Keyboard } from '../keyboard.ts';
import { ask, HOST, JUMPS, type Kind, KIND, listenOf, MORE, targetOf } from './questions.ts';

/** What flags have said already; null and empty: nothing. A forward without its target has that still to be asked. */
export type Given = {
  readonly name: string | null;
  readonly host: string | null;
  readonly jumps: string | null;
  readonly forwards: readonly Readonly<Record<string, string>>[];
};
export type Answered = {
  readonly name: string | null;
  readonly host: string;
  readonly jumps: readonly string[];
  readonly forwards: readonly Readonly<Record<string, string>>[];
};

/** Asks on the terminal for what flags have not said. Throws `answers-missing`, with the flags to give, where there is none. */
export async function askProfile(given: Given, context: Context): Promise<Answered> {
  const keyboard = context.keyboard;
  const missing = missingOf(given);
  if (missing !== null && keyboard === null) throw new ProblemError(problem('answers-missing', missing));
  const jumps = given.jumps === null ? [] : (JUMPS.read(given.jumps) ?? badJumps(given.jumps));
  if (missing === null || keyboard === null) return { ...given, host: given.host ?? '', jumps };
  return await askMissing({ ...given, jumps: given.jumps === null ? null : jumps }, { keyboard, context });
}

function missingOf({ host, forwards }: Given): { readonly what: string; readonly flags: string } | null {
  if (host === null) return { what: 'The server', flags: '--host [user@]host[:port]' };
  if (forwards.length === 0) return { what: 'What to forward', flags: '--local PORT --to HOST:PORT, or -L, -R or -D as for ssh' };
  return forwards.some(needsTarget) ? { what: 'Where a forward leads', flags: '--to HOST:PORT' } : null;
}

const kindOf = (forward: Readonly<Record<string, string>>): Kind => (Object.keys(forward).find((key) => key !== 'to') ?? 'local') as Kind;
const needsTarget = (forward: Readonly<Record<string, string>>): boolean =>
  !('to' in forward) && (kindOf(forward) === 'local' || kindOf(forward) === 'remote');

function badJumps(text: string): never {
  throw new ProblemError(problem('destination-invalid', { text }));
}

type Asking = { readonly keyboard: Keyboard; readonly context: Context };
type Missing = Omit<Given, 'jumps'> & { readonly jumps: readonly string[] | null };

async function askMissing(given: Missing, asking: Asking): Promise<Answered> {
  const host = given.host ?? (await ask(HOST, asking));
  // Who gave the server by a flag would have given the way there too.
  const jumps = given.jumps ?? (given.host === null ? await ask(JUMPS, asking) : []);
  const forwards = given.forwards.length === 0 ? await askForwards(asking) : await askTargets(given.forwards, asking);
  return { name: given.name ?? (await askName(host, asking)), host, jumps, forwards };
}

async function askForwards(asking: Asking): Promise<Record<string, string>[]> {
  const forwards: Record<string, string>[] = [];
  do {
    const kind = await ask(KIND, asking);
    const to = kind === 'local' || kind === 'remote' ? await ask(targetOf(kind), asking) : null;
    const listen = await ask(listenOf(kind, to === null ? '1080' : portOf(to)), asking);
    forwards.push({ [kind]: listen, ...(to === null ? {} : { to }) });
  } while (await ask(MORE, asking));
  return forwards;
}

async function askTargets(forwards: Given['forwards'], asking: Asking): Promise<Readonly<Record<string, string>>[]> {
  const whole: Readonly<Record<string, string>>[] = [];
  for (const forward of forwards)
    whole.push(needsTarget(forward) ? { ...forward, to: await ask(targetOf(kindOf(forward)), asking) } : forward);
  return whole;
}

/** The target's port listens as well, unless only root may have it there. */
function portOf(target: string): string | null {
  const parsed = parseTarget(target);
  if (!parsed.ok || isSocket(parsed.value)) return null;
  return String(parsed.value.port < 1024 ? parsed.value.port + 8000 : parsed.value.port);
}

function askName(host: string, asking: Asking): Promise<string> {
  const parsed = parseHop(host);
  const plain = (parsed.ok ? parsed.value.host : '').replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  const isName = (text: string): boolean => isProfileName(text) && !text.startsWith('_');
  return ask(
    {
      text: 'What to call it',
      otherwise: isName(plain) ? plain : null,
      read: (text) => (isName(text) ? text : null),
      wanted: 'up to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit',
    },
    asking,
  );
}
