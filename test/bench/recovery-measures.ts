import { request } from 'node:http';
import type { Story } from '../../src/model/story.ts';
import { sleep } from './one-at-a-time.ts';
import { greets, heardSince, look, type Place } from './recovery-place.ts';

/** What one round found. */
export type Taken = {
  /** From the network's return (or from the cut, where there is none) until it was done; Infinity: not within the limit. */
  readonly ms: number;
  /** … from when the server had the new connection's TCP; null where the old connection went on. */
  readonly afterDialMs: number | null;
  /** How far the first announced time was from the real one, in percent of the real wait; Infinity: none was announced. */
  readonly offPercent: number | null;
};

export type Before = {
  /** Who listened before the cut. */
  readonly listener: string | null;
  /** The connections that the server had before the return. */
  readonly clients: ReadonlySet<string>;
  /** `performance.now()` of the cut, and of the return. */
  readonly cutAt: number;
  readonly backAt: number;
};

export type Measure = (place: Place, before: Before) => Promise<Taken>;

export const LIMIT_MS = 40_000;
const NEVER: Taken = { ms: Number.POSITIVE_INFINITY, afterDialMs: null, offPercent: null };

/** Until who uses the port is served again: for an outage too short for either end to notice. */
export const servedAgain: Measure = async (place, { backAt }) =>
  (await greets(place, place.port)) ? { ...NEVER, ms: performance.now() - backAt } : NEVER;

/**
 * Until the port leads to the client again: a new listener, or the old one whose session has heard from its client. That
 * client may be about to replace it, so a greeting must come through as well; its own time does not count.
 */
export const boundAgain: Measure = async (place, before) => await untilBound(place, { ...before, port: place.port });

/** Until the first of the fallback ports listens. */
export const boundElsewhere: Measure = async (place, before) =>
  await untilBound(place, { ...before, listener: null, port: place.fallback });

async function untilBound(place: Place, { listener, clients, backAt, port }: Before & { readonly port: number }): Promise<Taken> {
  let dialledMs: number | null = null;
  for (;;) {
    const seen = look(place, port);
    const ms = performance.now() - backAt;
    if (dialledMs === null && [...seen.clients].some((client) => !clients.has(client))) dialledMs = ms;
    if (seen.listener !== null && (seen.listener !== listener || (await heardSince(place, ms))) && (await greets(place, port)))
      return { ...NEVER, ms, afterDialMs: dialledMs === null ? null : ms - dialledMs };
    if (ms > LIMIT_MS) return NEVER;
    await sleep(pace(ms));
  }
}

/** A round that takes long leaves the processor to the others. */
const pace = (ms: number): number => (ms < 1_000 ? 2 : 50);

/** From the cut until the server has freed the port by itself. */
export const freedWithoutUs: Measure = async (place, { cutAt }) => {
  for (;;) {
    const ms = performance.now() - cutAt;
    if (look(place, place.port).listener === null) return { ...NEVER, ms };
    if (ms > LIMIT_MS) return NEVER;
    await sleep(5);
  }
};

/** The time at which the port would be free, as first announced, against that at which it was. */
export const foretold: Measure = async (place, before) => {
  const bound = boundAgain(place, before);
  const announced = firstAnnouncement(place, bound);
  announced.catch(() => {});
  while (look(place, place.port).listener === before.listener && performance.now() - before.backAt < LIMIT_MS) await sleep(10);
  const freedAt = Date.now();
  const [taken, said] = await Promise.all([bound, announced]);
  if (said === null) throw new Error('it was bound before anything had to be waited for');
  return { ...taken, offPercent: said.freeAt === null ? Number.POSITIVE_INFINITY : (100 * (said.freeAt - freedAt)) / (freedAt - said.at) };
};

type Announcement = { readonly at: number; readonly freeAt: number | null };

/** The story of the tunnel as soon as it says what it waits for; null when it was bound without waiting. */
async function firstAnnouncement(place: Place, bound: Promise<Taken>): Promise<Announcement | null> {
  let over = false;
  void bound.finally(() => (over = true)).catch(() => {});
  while (!over) {
    const episode = (await story(place)).episodes.at(-1);
    if (episode?.entries.some(({ kind }) => kind === 'waiting')) {
      return { at: Date.now(), freeAt: episode.waitsUntil === null ? null : Date.parse(episode.waitsUntil) };
    }
    await sleep(50);
  }
  return null;
}

/** What `tunnels why --json` prints. */
export async function story({ lab }: Place): Promise<Story> {
  const text = await new Promise<string>((resolve, reject) => {
    const asked = request({ socketPath: `${lab.home.tunnelsHome}/supervisor.sock`, path: '/v1/tunnels/bench/story' }, (answer) => {
      let all = '';
      answer.setEncoding('utf8').on('data', (part: string) => (all += part));
      answer.on('end', () => resolve(all)).on('error', reject);
    });
    asked.on('error', reject).end();
  });
  return JSON.parse(text) as Story;
}
