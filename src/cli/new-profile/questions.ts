import { parseListen, parseTarget } from '../../model/address.ts';
import { parseJumps } from '../../model/destination.ts';
import { problem, ProblemError } from '../../model/problem.ts';
import { printHop } from '../../model/profile.ts';
import { parseHop } from '../../model/profile-hop.ts';
import type { Context } from '../command.ts';
import type { Keyboard } from '../keyboard.ts';

type Asking = { readonly keyboard: Keyboard; readonly context: Context };

type Question<T> = {
  readonly text: string;
  /** What an empty answer means; null: there has to be one. */
  readonly otherwise: string | null;
  /** Null: that cannot be; `wanted` says what can. */
  readonly read: (text: string) => T | null;
  readonly wanted: string;
};

/** Asks until the answer can be used. Rejects with `new-given-up` at Ctrl-D and `interrupted` at Ctrl-C. */
export async function ask<T>({ text, otherwise, read, wanted }: Question<T>, { keyboard, context }: Asking): Promise<T> {
  const { screen, interrupt } = context;
  for (;;) {
    const typed = await keyboard.ask(`${text}${otherwise === null ? '' : ` [${otherwise}]`}: `, { echo: true, signal: interrupt.signal });
    if (typed === null) throw new ProblemError(problem('new-given-up', {}));
    const answer = read(typed.trim() || (otherwise ?? ''));
    if (answer !== null) return answer;
    screen.complain(`${screen.errInk.yellow('!')} Give ${wanted}.`);
  }
}

export const HOST: Question<string> = {
  text: 'Server to log in to, [user@]host[:port]',
  otherwise: null,
  read: (text) => (parseHop(text).ok ? text : null),
  wanted: 'a Host of your ssh_config, or [user@]host[:port]',
};

export const JUMPS: Question<readonly string[]> = {
  text: 'Servers on the way there, in order, separated by commas',
  otherwise: 'none',
  read(text) {
    const jumps = parseJumps(text);
    return jumps.ok ? jumps.value.map(printHop) : null;
  },
  wanted: 'none, or [user@]host[:port] for each, separated by commas',
};

const KINDS = { local: 'local', remote: 'remote', socks: 'dynamic', 'remote-socks': 'remoteDynamic' } as const;
export type Kind = (typeof KINDS)[keyof typeof KINDS];

export const KIND: Question<Kind> = {
  text: 'What to forward: local (listens here), remote (listens there), socks or remote-socks',
  otherwise: 'local',
  read: (text) => (Object.hasOwn(KINDS, text) ? KINDS[text as keyof typeof KINDS] : null),
  wanted: 'local, remote, socks or remote-socks',
};

export const targetOf = (kind: Kind): Question<string> => ({
  text: kind === 'local' ? 'Where it leads, host:port as the server reaches it' : 'Where it leads, host:port as this machine reaches it',
  otherwise: null,
  read: (text) => (parseTarget(text).ok ? text : null),
  wanted: 'host:port, a port alone for that machine itself, or the path of a socket',
});

export const listenOf = (kind: Kind, otherwise: string | null): Question<string> => ({
  text:
    kind === 'local' || kind === 'dynamic'
      ? 'Where to listen here, a port or host:port'
      : 'Where to listen on the server, a port or host:port',
  otherwise,
  read: (text) => (parseListen(text).ok ? text : null),
  wanted: 'a port, host:port or the path of a socket',
});

export const MORE: Question<boolean> = {
  text: 'Forward something else too',
  otherwise: 'no',
  read: (text) => (/^y(es)?$/i.test(text) ? true : /^no?$/i.test(text) ? false : null),
  wanted: 'yes or no',
};
