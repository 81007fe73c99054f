import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type Problem, ProblemError, problem } from '../../../src/model/problem.ts';
import { type Deferred, deferred } from '../../../src/platform/deferred.ts';
import type { Lease, LeaseGiven, Route, Sharing } from '../../../src/ssh/links/links.ts';
import type { HopLink } from '../../../src/ssh/remote/types.ts';
import type { Profile } from '../../../src/model/profile.ts';
import { OwnConnection } from '../../../src/supervisor/tunnel/own-connection.ts';
import { profile } from '../../decide/tunnel/a-profile.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryLog } from '../memory-log.ts';
import { fakeLink } from '../recovery/fake-link.ts';

const MIB = 1024 * 1024;
const LOST = problem('link-closed', { host: 'server' });
const FULL = problem('turned-away', { host: 'server', port: 22, said: 'Exceeded MaxStartups', sign: 'full', ms: null });

type Dial = Deferred<Lease> & { readonly given: LeaseGiven; readonly signal: AbortSignal };

/** A tunnel that shares its way with another one, and whose second login is answered by the test. */
function lab(over: { sharing?: Partial<Sharing>; profile?: Partial<Profile> } = {}) {
  const clock = fakeClock();
  const log = memoryLog();
  const dials: Dial[] = [];
  const moved = { sent: 0, received: 0 };
  const tunnel = { profile: profile({ secondLogin: 'when-heavy', ...over.profile }), carried: moved };
  const sharing = { isShared: true, isUnaided: true, ...over.sharing };
  const state = { busy: true, primed: 0, route: { hops: [], keepalive: { intervalMs: 1, countMax: 1 } } as Route | null };
  const own = new OwnConnection({
    clock,
    random: () => 0,
    lineup: tunnel,
    usage: state,
    log,
    rungs: { prime: () => void (state.primed += 1) },
    links: {
      sharing: () => sharing,
      lease: (_, signal, given) => {
        const dial = { ...deferred<Lease>(), given: given ?? {}, signal };
        dials.push(dial);
        return dial.promise;
      },
    },
    route: () => state.route,
    onChange: () => {},
  });
  return {
    own,
    clock,
    dials,
    state,
    tunnel,
    sharing,
    said: () => log.recent().map(({ text }) => text),
    /** So many MiB a second for so long. */
    async move(mib: number, seconds: number) {
      own.look();
      for (let half = 0; half < seconds * 2; half += 1) {
        moved.received += (mib * MIB) / 2;
        await clock.advance(500);
      }
    },
  };
}

type Lab = ReturnType<typeof lab>;

/** The second login succeeds. */
async function connected({ dials, clock }: Lab) {
  const link = fakeLink();
  const released: string[] = [];
  const lost = deferred<Problem>();
  dials.at(-1)?.resolve({ links: [link], lost: lost.promise, release: async (how) => void released.push(how) });
  await clock.advance(0);
  return { link, released, lost };
}

const settled = async ({ clock }: Lab) => await clock.advance(0);

async function isHeavy(over?: Parameters<typeof lab>[0]) {
  const place = lab(over);
  await place.move(20, 3);
  return place;
}

const stream = async () => new PassThrough();

describe('a heavy tunnel', () => {
  test('gets a connection of its own, which takes what is opened from then on', async () => {
    const place = await isHeavy();
    expect(place.dials.map(({ given }) => given)).toEqual([{ tunnel: 'db-prod', apart: true }]);
    expect(await place.own.open(stream)).toBeNull();
    const { link } = await connected(place);
    const over: (readonly HopLink[])[] = [];
    await place.own.open((links) => {
      over.push(links);
      return stream();
    });
    expect([over, place.state.primed]).toEqual([[[link]], 1]);
    expect(place.own.shown).toEqual({ since: place.clock.now(), connections: 1 });
    expect(place.said()).toEqual([expect.stringContaining('connection of their own')]);
  });

  test.each<[string, Parameters<typeof lab>[0]]>([
    ['whose profile says nothing of it', { profile: { secondLogin: 'never' } }],
    ['that shares its connection with nobody', { sharing: { isShared: false } }],
  ])('%s goes on as it is, without a word', async (_, over) => {
    const { dials, said } = await isHeavy(over);
    expect([dials, said()]).toEqual([[], []]);
  });

  test('whose login has needed a person goes on sharing, and says so once', async () => {
    const place = await isHeavy({ sharing: { isUnaided: false } });
    await place.move(20, 10);
    expect([place.dials, place.said()]).toEqual([[], [expect.stringContaining('needed a person')]]);
  });

  test('gives it back once it is light and nothing is open over it, and looks no more', async () => {
    const place = await isHeavy();
    const { released } = await connected(place);
    const open = (await place.own.open(stream)) as PassThrough;
    await place.clock.advance(60_000);
    expect(released).toEqual([]);
    open.destroy();
    place.state.busy = false;
    await place.clock.advance(60_000);
    expect([released, place.own.shown, place.clock.pending()]).toEqual([['may-return'], null, []]);
    expect(await place.own.open(stream)).toBeNull();
  });

  test('that may not log in again breaks nothing, uses it for nothing new, and gives it back when it is empty', async () => {
    const place = await isHeavy();
    const { released } = await connected(place);
    const open = (await place.own.open(stream)) as PassThrough;
    place.tunnel.profile = profile();
    expect(await place.own.open(stream)).toBeNull();
    await place.clock.advance(1_000);
    expect([released, open.destroyed]).toEqual([[], false]);
    open.destroy();
    await place.clock.advance(1_000);
    expect(released).toEqual(['may-return']);
  });

  test('that is refused a second login goes on sharing, tries ever more seldom and says so once', async () => {
    const place = await isHeavy();
    place.dials[0]?.reject(new ProblemError(FULL));
    await settled(place);
    expect(await place.own.open(stream)).toBeNull();
    await place.move(20, 58);
    expect(place.dials).toHaveLength(1);
    await place.move(20, 4);
    expect(place.dials).toHaveLength(2);
    place.dials[1]?.reject(new ProblemError(FULL));
    await place.move(20, 100);
    expect([place.dials.length, place.said()]).toEqual([2, [expect.stringContaining('goes on sharing')]]);
  });

  test('that would need a person for it never tries again by itself, but after it was restarted', async () => {
    const place = await isHeavy();
    place.dials[0]?.reject(new ProblemError(problem('answer-needed', { what: 'a password' })));
    await place.move(20, 4_000);
    expect(place.dials).toHaveLength(1);
    await place.own.end()();
    await place.move(20, 3);
    expect(place.dials).toHaveLength(2);
  });

  test('that loses it goes on over the shared one, also with what was just being opened', async () => {
    const place = await isHeavy();
    const { lost, released } = await connected(place);
    const opening = deferred<PassThrough>();
    const opened = place.own.open(() => opening.promise);
    lost.resolve(LOST);
    await settled(place);
    opening.reject(new ProblemError(LOST));
    expect(await opened).toBeNull();
    expect([released, place.own.shown, place.said()]).toEqual([
      ['for-good'],
      null,
      [expect.anything(), expect.stringContaining('is lost')],
    ]);
  });

  test('hears of its target what the own connection says', async () => {
    const place = await isHeavy();
    await connected(place);
    const refused = new ProblemError(problem('target-refused', { to: 'db:5432', from: 'server' }));
    await expect(place.own.open(() => Promise.reject(refused))).rejects.toBe(refused);
    expect(place.own.shown?.connections).toBe(0);
  });

  test('does not use it while it is doubted, or leads elsewhere than the shared one by now', async () => {
    const place = await isHeavy();
    const { link, released } = await connected(place);
    Object.assign(link, { suspect: true });
    expect(await place.own.open(stream)).toBeNull();
    Object.assign(link, { suspect: false });
    expect(await place.own.open(stream)).not.toBeNull();
    place.state.route = { hops: [], keepalive: { intervalMs: 2, countMax: 1 } };
    expect(await place.own.open(stream)).toBeNull();
    expect(released).toEqual([]);
  });

  test('keeps it while the shared one is lost, and uses it when that is back', async () => {
    const place = await isHeavy();
    const { released } = await connected(place);
    const route = place.state.route;
    place.state.route = null;
    await place.move(20, 3);
    place.state.route = structuredClone(route);
    expect(await place.own.open(stream)).not.toBeNull();
    expect([released, place.dials.length]).toEqual([[], 1]);
  });

  test('that ends while it is dialled keeps nothing of it', async () => {
    const place = await isHeavy();
    const end = place.own.end();
    expect(place.dials[0]?.signal.aborted).toBe(true);
    const { released } = await connected(place);
    await end();
    expect([released, place.own.shown, place.said(), place.clock.pending()]).toEqual([['for-good'], null, [], []]);
  });
});
