import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BackgroundGiven, fetchDue } from '../../../src/profiles/sources/background.ts';
import { withLock } from '../../../src/profiles/sources/state/lock.ts';
import { sourceFolder } from '../../../src/profiles/sources/state/places.ts';
import { pin } from '../../../src/profiles/sources/pins.ts';
import { addSource } from '../../../src/profiles/sources/source-list.ts';
import { readFetched } from '../../../src/profiles/sources/state/source-state.ts';
import { makeRepo } from '../../support/git-repo.ts';
import { makePlace, PROFILE } from './place.ts';

const HOUR = 3_600_000;

async function setting() {
  const [repo, place] = [await makeRepo(), makePlace()];
  const id = await repo.commit({ 'a.yaml': PROFILE });
  await addSource(place.paths, { name: 'team', spec: { kind: 'git', url: repo.url, ref: null, folder: null } });
  const clock = { now: Date.parse('2026-11-23T08:00:00.000Z'), random: 0.5 };
  const given: BackgroundGiven = {
    paths: place.paths,
    env: place.env,
    now: () => clock.now,
    random: () => clock.random,
    signal: new AbortController().signal,
  };
  return { repo, place, id, clock, due: () => fetchDue(given) };
}

describe('fetching in the background', () => {
  test('happens once an interval, and tells what a person may look at', async () => {
    const { repo, place, id, clock, due } = await setting();
    expect(await due()).toMatchObject([{ name: 'team', brought: true, pending: null, error: null }]);
    await pin(place.paths, { name: 'team', id });
    expect(await due()).toEqual([]);
    clock.now += HOUR - 1;
    expect(await due()).toEqual([]);
    await repo.commit({ 'a.yaml': '# evil\n' });
    clock.now += 1;
    expect(await due()).toMatchObject([{ brought: true, pending: { changes: [{ file: 'a.yaml', is: 'changed' }] } }]);
    expect(place.files()).toEqual({ 'a.yaml': PROFILE });
  });

  test('that fails is noted, is not tried again sooner, and takes nothing away', async () => {
    const { repo, place, clock, due } = await setting();
    await due();
    await repo.git(['update-ref', '-d', 'refs/heads/main']);
    clock.now += HOUR;
    expect(await due()).toMatchObject([{ brought: false, error: { problem: { code: 'source-not-fetched' } } }]);
    expect(await due()).toEqual([]);
    expect(readFetched(place.paths, 'team').trouble?.code).toBe('source-not-fetched');
    expect(place.files()).toEqual({ 'a.yaml': PROFILE });
  });

  test('goes by the setting at once, also by 0, and by no setting that makes no sense', async () => {
    const { place, clock, due } = await setting();
    const set = (value: unknown) => writeFileSync(join(place.paths.config, 'settings.json'), JSON.stringify({ 'sources.interval': value }));
    set('0');
    expect(await due()).toEqual([]);
    set('1ms');
    expect(await due()).toHaveLength(1);
    clock.now += 60_000;
    expect(await due()).toEqual([]);
    set('1m');
    expect(await due()).toHaveLength(1);
  });

  test('does not wait for years where the clock was put back', async () => {
    const { clock, due } = await setting();
    await due();
    clock.now -= 1000 * HOUR;
    expect(await due()).toHaveLength(1);
  });

  test("of two processes only one fetches, and one that died in the middle is in nobody's way", async () => {
    const { place, due } = await setting();
    const path = join(sourceFolder(place.paths, 'team'), 'fetch.lock');
    await withLock({ path, name: 'team' }, async () => {
      expect(await due()).toMatchObject([{ error: { problem: { code: 'source-busy', facts: { pid: process.pid } } } }]);
    });
    writeFileSync(path, JSON.stringify({ pid: 1, start: 'long ago', boot: 'another', space: null }));
    expect(await due()).toMatchObject([{ error: null, brought: true }]);
  });
});
