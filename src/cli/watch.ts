import type { SupervisorClient } from '../api/client.ts';
import { EXIT } from '../model/problems/entry.ts';
import type { TunnelSnapshot } from '../model/snapshot.ts';
import type { Context } from './command.ts';
import { follow } from './follow.ts';
import { createChanges } from './output/changes.ts';
import { statusTable } from './output/status-table.ts';

type Show = (tunnels: readonly TunnelSnapshot[]) => void;

/** Shows the tunnels (all without names) until Ctrl-C, or until nobody reads any more. */
export async function watch(client: SupervisorClient, names: readonly string[], context: Context): Promise<number> {
  const signal = AbortSignal.any([context.interrupt.signal, context.interrupt.unread]);
  const screen = context.screen.stdoutIsTerminal ? redrawing(context) : printing(context);
  try {
    for await (const view of follow(client, context, signal)) {
      screen.show([...view.values()].filter(({ name }) => names.length === 0 || names.includes(name)));
    }
  } finally {
    screen.close();
  }
  return context.interrupt.signal.aborted ? EXIT.interrupted : EXIT.done;
}

type Watcher = { readonly show: Show; readonly close: () => void };

function printing({ screen }: Context): Watcher {
  const changesOf = createChanges();
  return { show: (tunnels) => tunnels.flatMap(changesOf).forEach((line) => screen.print(line)), close: () => {} };
}

const REFRESH_MS = 1000;
const HOME_AND_CLEAR = '\u001b[H\u001b[J';

/** Draws again at each change, and every second for the relative times. */
function redrawing({ stdout, screen, clock }: Context): Watcher {
  let latest: readonly TunnelSnapshot[] = [];
  let cancel = (): void => {};
  const draw = (): void => {
    cancel();
    stdout.write(`${HOME_AND_CLEAR}${statusTable(latest, { now: clock.now(), ink: screen.ink })}\n`);
    cancel = clock.after(REFRESH_MS, draw);
  };
  return {
    show(tunnels) {
      latest = tunnels;
      draw();
    },
    close: () => cancel(),
  };
}
