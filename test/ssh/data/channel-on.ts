import { WINDOW_LIMITS } from '../../../src/model/data-settings.ts';
import type { ChannelWire } from '../../../src/ssh/data/channel-parts.ts';
import { DataChannel } from '../../../src/ssh/data/channel.ts';
import { SizedWindow } from '../../../src/ssh/data/sized-window.ts';
import { WindowBudget } from '../../../src/ssh/data/window-budget.ts';

type Terms = { readonly window?: number; readonly packetBytes?: number };

/** A channel whose link is this list of what was sent on it. */
export function channelOn({ window = 1_000_000, packetBytes = 32_768 }: Terms = {}) {
  const sent: string[] = [];
  const wire = {
    isFree: true as boolean,
    waiting: new Set<DataChannel>(),
    await: (channel: DataChannel) => void wire.waiting.add(channel),
    data: (_: number, bytes: Uint8Array, { from, to }: { from: number; to: number }) => void sent.push(`data ${text(bytes, from, to)}`),
    eof: () => void sent.push('eof'),
    adjust: (_: number, bytes: number) => void sent.push(`adjust ${bytes}`),
    close: () => void sent.push('close'),
    betweenPackets: (work: () => void) => work(),
    flushIfWorthIt: () => {},
    flush: () => {},
    free: () => {
      wire.isFree = true;
      for (const channel of wire.waiting) channel.pump();
    },
  } satisfies ChannelWire & Record<string, unknown>;
  const budget = new WindowBudget(WINDOW_LIMITS.link);
  const own = new SizedWindow({ budget, most: WINDOW_LIMITS.channel, now: () => 0, rttMs: () => 1 });
  return { channel: new DataChannel(1, { remoteId: 9, window, packetBytes }, { wire, window: own }), wire, sent };
}

const text = (bytes: Uint8Array, from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString();
