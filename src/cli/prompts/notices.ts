import type { ProblemCode } from '../../model/problem.ts';
import type { TunnelSnapshot } from '../../model/snapshot.ts';
import type { Context } from '../command.ts';
import { askpassProgram, showNotice } from './askpass.ts';

export type Notices = { readonly look: (tunnels: readonly TunnelSnapshot[]) => void; readonly end: () => void };

/** Where SSH_ASKPASS asks in place of a terminal it also says when a key is to be touched; a terminal has the spinner. */
export function openNotices({ keyboard, env }: Pick<Context, 'keyboard' | 'env'>): Notices {
  const program = askpassProgram(env, { hasTerminal: keyboard !== null });
  const shown = new Map<string, () => void>();
  const look: Notices['look'] = (tunnels) => {
    const wanted = new Set(tunnels.flatMap(({ because }) => (because?.code === TOUCH ? [because.text] : [])));
    for (const [message, hide] of shown) if (!wanted.has(message) && shown.delete(message)) hide();
    if (program === null) return;
    for (const message of wanted) if (!shown.has(message)) shown.set(message, showNotice(program, { message, env }));
  };
  return { look, end: () => look([]) };
}

const TOUCH: ProblemCode = 'touch-needed';
