import type { SupervisorClient } from '../api/client.ts';
import type { SupervisorEvent } from '../api/contract.ts';
import { exitCodeOf, problemOf } from '../model/problem.ts';
import { EXIT } from '../model/problems/entry.ts';
import type { TunnelSnapshot } from '../model/snapshot.ts';
import type { Given } from './given.ts';

/** What is known of the tunnels, after each change. */
export type View = ReadonlyMap<string, TunnelSnapshot>;

const RECONNECT_MS = 250;

/**
 * Every state of the tunnels until `signal` aborts. A supervisor that dies meanwhile is started again by its keeper,
 * so its silence is no end: the next one is looked for, and begins with a whole snapshot. `first` is null where none runs yet.
 */
export async function* follow(first: SupervisorClient | null, given: Given, signal: AbortSignal): AsyncGenerator<View> {
  let client = first;
  while (!signal.aborted) {
    if (client !== null) yield* untilGone(client, signal);
    if (signal.aborted) return;
    await pause(given, signal);
    client = await given.connect(given.paths).catch(() => null);
  }
}

async function* untilGone(client: SupervisorClient, signal: AbortSignal): AsyncGenerator<View> {
  let view: View = new Map();
  try {
    for await (const event of client.events(signal)) {
      view = applied(view, event);
      yield view;
    }
  } catch (error) {
    if (exitCodeOf(problemOf(error)) !== EXIT.noSupervisor && !signal.aborted) throw error;
  }
}

function applied(view: View, event: SupervisorEvent): View {
  switch (event.type) {
    case 'snapshot':
      return new Map(event.snapshot.tunnels.map((tunnel) => [tunnel.name, tunnel]));
    case 'tunnel':
      return new Map(view).set(event.tunnel.name, event.tunnel);
    case 'gone':
      return new Map([...view].filter(([name]) => name !== event.name));
    case 'prompt':
    case 'prompt-gone':
      return view;
  }
}

function pause(given: Given, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = given.clock.after(RECONNECT_MS, resolve);
    signal.addEventListener('abort', () => (cancel(), resolve()), { once: true });
  });
}
