import { describe, expect, test } from 'vitest';
import { evidence, mine, row, same, session } from '../../decide/evidence.ts';
import { problem } from '../../../src/model/problem.ts';
import { BindLater } from '../../../src/supervisor/recovery/bind-later.ts';
import type { Look } from '../../../src/supervisor/recovery/rungs.ts';
import { fakeLink } from './fake-link.ts';
import { type Scene, stage } from './fake-rungs.ts';

/** Proven ours and dead, and it stays so whatever is done. */
const stale = ({ mayPoke }: Look) => mine({ ...same, probe: mayPoke ? 'silent' : 'not-tried' });
/** Ours by our own notes only: nothing of the server may be read. */
const probable = ({ mayPoke }: Look) => evidence({ recorded: session(), probe: mayPoke ? 'silent' : 'not-tried' });
const live = ({ takeOver }: Look) => mine({ recorded: session({ source: 'marker' }), process: 'same', connection: 'answers', takeOver });

const later = (outcome: unknown): BindLater => {
  if (outcome instanceof BindLater) return outcome;
  throw new Error(`not to be tried later: ${JSON.stringify(outcome)}`);
};

describe('a refused binding', () => {
  test('is asked for again after 5, 20 and 50 ms before anything is looked at', async () => {
    const { bind, done } = stage({ evidence: probable });
    await bind();
    expect(done).toEqual([
      { what: 'bind', at: 0 },
      { what: 'bind', at: 5 },
      { what: 'bind', at: 25 },
      { what: 'bind', at: 75 },
      { what: 'look and poke', at: 75 },
    ]);
  });

  test('that comes free meanwhile is never looked at', async () => {
    const { bind, done, teller } = stage({ evidence: stale, answers: ['refused', 'refused', 'bound'] });
    expect(await bind()).toBe('bound');
    expect(done.every(({ what }) => what === 'bind')).toBe(true);
    expect(teller.episodes.map(({ outcome, verdict }) => [outcome, verdict])).toEqual([['bound', null]]);
  });

  test('is also one that the server grants at another address alone; what it gave is given back', async () => {
    const half = problem('binding-half', {
      listen: '127.0.0.1:18080',
      on: 'bastion',
      port: 18_080,
      bound: '::1',
      missing: '127.0.0.1',
      holderUid: 1_002,
    });
    const scene: Scene = { evidence: () => mine({ rows: [row(1_002)] }), answers: Array(4).fill('bound'), verified: half };
    const { bind, times } = stage(scene);
    expect(await bind()).toMatchObject({ code: 'binding-held' });
    expect([times('bind'), times('give back'), times('look and poke')]).toEqual([4, 4, 1]);
  });

  test('is knocked for once and evicted twice at most, however often it is tried', async () => {
    const { bind, times, clock } = stage({ evidence: stale, canKnock: true });
    for (let time = 0; time < 50; time += 1) {
      later(await bind());
      await clock.advance(10_000);
    }
    expect([times('knock'), times('evict'), times('look and poke')]).toEqual([1, 2, 1]);
  });

  test('is looked at again after an eviction, and then every half minute; in between only the request is repeated', async () => {
    const { bind, times, clock, done } = stage({ evidence: stale });
    await bind();
    expect([times('look and poke'), times('look')]).toEqual([1, 2]);
    done.length = 0;
    for (let time = 0; time < 28; time += 1) await bind();
    expect([times('look'), times('bind')]).toEqual([0, 28]);
    await clock.advance(2_000);
    await bind();
    expect(times('look')).toBe(1);
  });

  test('of an account without a shell is never evicted, even where the proof is there', async () => {
    const { bind, times } = stage({ evidence: stale, canEvict: false });
    later(await bind());
    expect(times('evict')).toBe(0);
  });

  test('is waited for with the time that the server will take, which gets shorter', async () => {
    const { bind, teller, clock } = stage({ evidence: probable, patienceMs: 60_000, old: { diedAt: Date.UTC(2026, 0, 1) - 10_000 } });
    const first = later(await bind());
    expect(first.problem).toMatchObject({ code: 'binding-stale', facts: { etaMs: 60_000 - 10_000 - 75 } });
    const until = teller.episodes[0]?.waitsUntil;
    expect(until).toBe(new Date(Date.UTC(2026, 0, 1) + 50_000).toISOString());
    await clock.advance(20_000);
    expect(later(await bind()).problem.facts).toMatchObject({ etaMs: 60_000 - 10_000 - 21_000 });
    expect(teller.episodes[0]?.waitsUntil).toBe(until);
    expect(teller.episodes[0]?.steps).toEqual(['poke', 'wait']);
  });

  test('is waited for with a time also where only a note says that we held it, from the death that it tells', async () => {
    const heldBefore = { diedAt: Date.UTC(2026, 0, 1) - 10_000 };
    const nameless = () => evidence({ probe: 'silent', heldBefore });
    const { bind, teller, times } = stage({ evidence: nameless, patienceMs: 60_000, canKnock: false });
    expect(later(await bind()).problem).toMatchObject({ code: 'binding-stale', facts: { etaMs: 60_000 - 10_000 - 75, pid: null } });
    expect(teller.episodes[0]).toMatchObject({ verdict: 'ours-stale', waitsUntil: new Date(Date.UTC(2026, 0, 1) + 50_000).toISOString() });
    expect(JSON.stringify(teller.episodes[0]?.entries)).toContain('most likely');
    expect([times('evict'), times('unlink')]).toEqual([0, 0]);
  });

  test('is reckoned from the moment in which it was connected to, not from when the answer to that was given up', async () => {
    const start = Date.UTC(2026, 0, 1);
    const nameless = () => evidence({ probe: 'silent', heldBefore: { diedAt: start - 10_000 } });
    const { bind } = stage({ evidence: nameless, pokedAt: start - 300, patienceMs: (afterMs) => (afterMs ?? 0) + 5_000 });
    expect(later(await bind()).problem.facts).toMatchObject({ etaMs: 5_000 - 300 - 75 });
  });

  test('of which only a note says that we held it, and that talks, is never called ours', async () => {
    const talks = () => evidence({ probe: 'talks', heldBefore: { diedAt: 0 } });
    const { bind, teller } = stage({ evidence: talks, patienceMs: 60_000 });
    expect(await bind()).toMatchObject({ code: 'binding-held' });
    expect(teller.episodes[0]).toMatchObject({ verdict: 'someone-else', waitsUntil: null });
  });

  test('of which only a note says that we held it falls back at once where the profile has that', async () => {
    const nameless = () => evidence({ probe: 'silent', heldBefore: { diedAt: 0 } });
    const forward: Scene['forward'] = { onConflict: ['reclaim', 'fallback'], fallbackPorts: { first: 18081, last: 18081 } };
    const scene: Scene = { answers: ['refused', 'refused', 'refused', 'refused', 'bound'], evidence: nameless, forward };
    const { bind, teller } = stage(scene);
    expect(await bind()).toBe('bound');
    expect(teller.episodes[0]).toMatchObject({ verdict: 'ours-stale', outcome: 'bound', steps: ['poke', 'fallback'] });
  });

  test('is given up when the profile says so, and that ends the episode', async () => {
    const { bind, teller, clock } = stage({ evidence: probable, forward: { giveUpAfterMs: 3_000 } });
    later(await bind());
    await clock.advance(5_000);
    expect(await bind()).toMatchObject({ code: 'binding-not-freed' });
    expect(teller.episodes.map(({ outcome }) => outcome)).toEqual(['asks']);
  });
});

describe('an episode', () => {
  test('is one from the first refusal to the binding, over all links in between, and ends once', async () => {
    const scene: Scene = { evidence: probable };
    const { bind, teller, times } = stage(scene);
    for (let time = 0; time < 3; time += 1) later(await bind(fakeLink()));
    scene.answers = ['bound', 'bound'];
    expect(await bind()).toBe('bound');
    expect(await bind()).toBe('bound');
    expect(teller.episodes).toHaveLength(1);
    expect(teller.episodes[0]).toMatchObject({ outcome: 'bound', verdict: 'ours-stale', waitsUntil: null });
    expect(teller.episodes[0]?.entries.filter(({ kind }) => kind === 'bound')).toHaveLength(1);
    expect([times('look and poke'), times('look')]).toEqual([1, 0]);
  });

  test('is called off with the tunnel, once, and the next begins anew with its own poke', async () => {
    const { bind, ladder, teller, times } = stage({ evidence: probable });
    later(await bind());
    ladder.callOff();
    ladder.callOff();
    later(await bind());
    expect(teller.episodes.map(({ outcome }) => outcome)).toEqual(['called-off', 'going-on']);
    expect(teller.episodes[0]?.entries.at(-1)?.kind).toBe('asks');
    expect(times('look and poke')).toBe(2);
  });

  test('that is called off while it pauses does nothing more', async () => {
    const { bind, done, clock } = stage({ evidence: stale });
    const epoch = new AbortController();
    const trying = bind(fakeLink(), epoch.signal);
    epoch.abort(new Error('down'));
    await trying;
    const before = done.length;
    await clock.advance(60_000);
    expect(done.length).toBe(before);
    expect(done.every(({ what }) => what === 'bind')).toBe(true);
  });

  test('is told of a reset that made asking unnecessary, once for each link', async () => {
    const { bind, teller } = stage({ evidence: stale, answers: ['bound', 'bound', 'bound'] });
    const link = { ...fakeLink(), reset: { ends: [], at: Date.UTC(2026, 0, 1) - 100 } };
    expect(await bind(link)).toBe('bound');
    expect(await bind(link)).toBe('bound');
    expect(await bind(fakeLink())).toBe('bound');
    expect(teller.episodes.map(({ steps, outcome }) => [steps, outcome])).toEqual([[['reset'], 'bound']]);
  });
});

describe('the leave to take a binding over', () => {
  test('ends a live session of ours, and holds for one binding', async () => {
    const scene: Scene = { evidence: live, takeOver: true, answers: ['refused', 'refused', 'refused', 'refused', 'bound'] };
    const { bind, times, ladder } = stage(scene);
    expect(await bind()).toBe('bound');
    expect(times('evict')).toBe(1);
    expect(await bind()).toMatchObject({ code: 'binding-live-elsewhere' });
    expect(times('evict')).toBe(1);
    // Asked for anew.
    ladder.callOff();
    scene.answers = ['refused', 'refused', 'refused', 'refused', 'bound'];
    expect(await bind()).toBe('bound');
    expect(times('evict')).toBe(2);
  });

  test('is needed: without it nothing that lives is ended', async () => {
    const { bind, times } = stage({ evidence: live });
    expect(await bind()).toMatchObject({ code: 'binding-live-elsewhere' });
    expect([times('evict'), times('knock')]).toEqual([0, 0]);
  });
});
