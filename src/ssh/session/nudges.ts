import type { Client } from 'ssh2';
import { CALM, heard, type Nudging } from '../../decide/nudge.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Channels } from './channels.ts';
import { packetsSent, sendIgnore } from './internals.ts';

/** Time for an answer of the user's side to go out by itself. */
const WAIT_MS = 1;

/**
 * Keeps small answers of a server from waiting for our acknowledgement, where no session channel has taken Nagle's delay
 * from its side. Returns its end: such a channel was opened.
 */
export function nudge({ client, traffic, clock }: { client: Client; traffic: Pick<Channels, 'onReceived'>; clock: Clock }): () => void {
  const sentNow = packetsSent(client);
  let nudging: Nudging = CALM;
  let cancel: (() => void) | null = null;
  const deafen = traffic.onReceived((bytes) => {
    const sent = sentNow();
    const next = heard(nudging, { now: clock.monotonic(), sent, bytes });
    nudging = next;
    if (!next.nudge || cancel !== null) return;
    cancel = clock.after(WAIT_MS, () => {
      cancel = null;
      if (sentNow() === sent) sendIgnore(client);
    });
  });
  return () => {
    deafen();
    cancel?.();
  };
}
