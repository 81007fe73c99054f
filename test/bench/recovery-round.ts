import { type OneAtATime, sleep } from './one-at-a-time.ts';
import type { Client } from './recovery-clients.ts';
import type { Measure, Taken } from './recovery-measures.ts';
import { endPlace, look, makePlace, type Place } from './recovery-place.ts';
import type { Situation } from './recovery-situations.ts';

export type Round = { readonly situation: Situation; readonly client: Client; readonly turns: OneAtATime };

/** Beside a measurement that takes longer than this others may be measured as well: its milliseconds do not matter. */
const TURN_MS = 2_000;
/** What a client notes about its session and the server's settings, it notes beside the traffic, after it is up. */
const SETTLE_MS = 1_500;
/** Between an outage this short and its end nobody else gets a turn, or it would become a longer one. */
const SHORT_S = 5;

/** One time through a situation, in a network of its own. */
export async function round({ situation, client, turns }: Round): Promise<Taken> {
  const place = await turns.run('patient', () => makePlace(situation.place));
  try {
    const running = await turns.run('patient', () => client.start(place, situation.profile?.(place) ?? {}));
    try {
      await situation.ready?.(place);
      await sleep(SETTLE_MS);
      return await cut({ place, situation, turns, measure: measureOf(situation, client) });
    } finally {
      await running.stop();
    }
  } finally {
    await turns.run('patient', () => endPlace(place));
  }
}

const measureOf = ({ measure, silently = measure }: Situation, { name }: Client): Measure => (name === 'tunnels' ? measure : silently);

type Cut = { readonly place: Place; readonly situation: Situation; readonly measure: Measure; readonly turns: OneAtATime };

async function cut(given: Cut): Promise<Taken> {
  const { situation, turns } = given;
  if ((situation.seconds ?? SHORT_S) < SHORT_S) {
    const { taken } = await turns.run('patient', async () => await comeBack(given, await goAway(given)));
    return await taken;
  }
  const away = await goAway(given);
  const { taken } = await turns.run('urgent', () => comeBack(given, away));
  return await taken;
}

type Away = { readonly listener: string | null; readonly cutAt: number };

async function goAway({ place, situation: { whileAway, seconds } }: Cut): Promise<Away> {
  const { listener } = look(place, place.port);
  await place.network.cut();
  const cutAt = performance.now();
  await whileAway?.(place);
  await sleep((seconds ?? 0) * 1_000 - (performance.now() - cutAt));
  return { listener, cutAt };
}

/** Measures until it is done, or until it takes so long that the turn is given on; the promise is wrapped so as not to be waited for. */
async function comeBack({ place, situation: { seconds }, measure }: Cut, away: Away): Promise<{ readonly taken: Promise<Taken> }> {
  const { clients } = look(place, place.port);
  const backAt = performance.now();
  if (seconds !== null) await place.network.restore();
  const taken = measure(place, { ...away, clients, backAt });
  taken.catch(() => {});
  await Promise.race([taken.catch(() => {}), sleep(seconds === null ? 0 : TURN_MS)]);
  return { taken };
}
