import { describe, expect, test } from 'vitest';
import { addSource } from '../../src/profiles/sources/source-list.ts';
import { readFetched } from '../../src/profiles/sources/state/source-state.ts';
import type { Log } from '../../src/supervisor/log.ts';
import { keepSourcesFresh } from '../../src/supervisor/source-updates.ts';
import { makePlace, PROFILE } from '../profiles/sources/place.ts';
import { makeRepo } from '../support/git-repo.ts';

/** A supervisor's surroundings; `look` lets its next look happen and resolves when the one after that is awaited. */
function makeSurroundings() {
  const place = makePlace();
  const [lines, waits]: [string[], { ms: number; wake: () => void }[]] = [[], []];
  const ending = new AbortController();
  let [now, awaited] = [Date.parse('2026-11-23T08:00:00.000Z'), (): void => {}];
  const line =
    (level: string) =>
    (event: string): void =>
      void lines.push(`${level} ${event}`);
  const log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') } as unknown as Log;
  const clock = {
    now: () => now,
    monotonic: () => now,
    after(ms: number, wake: () => void) {
      const wait = { ms, wake };
      waits.push(wait);
      awaited();
      return () => void waits.splice(waits.indexOf(wait), 1);
    },
  };
  keepSourcesFresh({ paths: place.paths, env: place.env, clock, random: () => 0.5, log, ending: ending.signal });
  const look = async (): Promise<void> => {
    const again = new Promise<void>((resolve) => (awaited = resolve));
    waits.shift()?.wake();
    await again;
  };
  return { place, lines, waits, ending, look, pass: (ms: number) => void (now += ms) };
}

describe('the supervisor', () => {
  test("fetches the team's sources from time to time, and tells of what is new once", async () => {
    const { place, lines, waits, look, pass } = makeSurroundings();
    expect(waits).toHaveLength(1);
    const repo = await makeRepo();
    const id = await repo.commit({ 'a.yaml': PROFILE });
    await look();
    expect(lines).toEqual([]);
    await addSource(place.paths, { name: 'team', spec: { kind: 'git', url: repo.url, ref: null, folder: null } });
    await look();
    await look();
    expect([lines, readFetched(place.paths, 'team').latest]).toEqual([['info source-fetched'], id]);
    pass(3_600_000);
    await look();
    expect(lines).toEqual(['info source-fetched']);
  });

  test('makes no noise while there is no network', async () => {
    const { place, lines, look, pass } = makeSurroundings();
    await addSource(place.paths, { name: 'team', spec: { kind: 'git', url: `file://${place.home}/gone`, ref: null, folder: null } });
    for (const _ of [1, 2, 3]) {
      await look();
      pass(3_600_000);
    }
    expect(lines).toEqual(Array(3).fill('debug source-not-fetched'));
  });

  test('looks no more when it ends', () => {
    const { waits, ending } = makeSurroundings();
    ending.abort();
    expect(waits).toEqual([]);
  });
});
