import { describe, expect, test } from 'vitest';
import type { HeldNote } from '../../../src/model/held-note.ts';
import { problem } from '../../../src/model/problem.ts';
import type { SessionIdentity, SessionRecord } from '../../../src/model/session-record.ts';
import { HeldNotes } from '../../../src/supervisor/recovery/held-notes.ts';
import { SessionBook } from '../../../src/supervisor/recovery/session-book.ts';
import { BOOT } from '../../decide/evidence.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { type FakeLink, fakeLink } from './fake-link.ts';

const LISTEN = '127.0.0.1:18080';
const HOUR_MS = 3_600_000;
const silent = (ms: number) => problem('link-silent', { host: 'server', ms });

const identity: SessionIdentity = {
  uid: 1001,
  pid: 2345,
  comm: 'sshd',
  startTicks: 9_000,
  bootId: BOOT,
  client: { host: '192.0.2.1', port: 40_000 },
  scope: null,
  killable: true,
};

const storeOf = <T>(value: T) => {
  const store = { value, get: () => store.value, set: (next: T) => void (store.value = next) };
  return store;
};

/** A book over what is on disk; `crash` opens another one over the same. */
function place({ tells = null }: { tells?: SessionIdentity | null } = {}) {
  const clock = fakeClock();
  const [notes, records] = [storeOf<HeldNote[]>([]), storeOf<SessionRecord[]>([])];
  const open = (): SessionBook =>
    new SessionBook({ store: records, held: new HeldNotes({ store: notes, clock }), clock, owner: 'me', identify: async () => tells });
  return { clock, notes, records, book: open(), crash: open };
}

const claim = { tunnel: 't', listen: LISTEN };

async function dies(link: FakeLink, because = silent(20_000)): Promise<void> {
  link.die(because);
  await link.lost;
}

describe('a binding held on an account that tells nothing of our sessions', () => {
  test('is remembered as ours once its link is dead, from when the server last heard of it', async () => {
    const { clock, book } = place();
    const [link, next] = [fakeLink(), fakeLink()];
    await book.hold(link, claim);
    expect(book.heldBefore(next, LISTEN)).toBeNull();
    await clock.advance(60_000);
    await dies(link);
    expect(book.heldBefore(next, LISTEN)).toEqual({ diedAt: clock.now() - 20_000 });
    expect([book.find(next, LISTEN), book.heldBefore(next, '127.0.0.1:18081')]).toEqual([null, null]);
  });

  test('is not remembered for another server or another user', async () => {
    const { book } = place();
    const link = fakeLink();
    await book.hold(link, claim);
    await dies(link);
    const other = fakeLink();
    expect(book.heldBefore({ ...other, hop: { ...other.hop, user: 'root' } }, LISTEN)).toBeNull();
    expect(book.heldBefore(fakeLink({ hostKey: 'SHA256:another' }), LISTEN)).toBeNull();
  });

  test('is never one that was asked for and not bound', async () => {
    const { book, notes } = place();
    const link = fakeLink();
    await book.enter(link, claim);
    await dies(link);
    expect([book.heldBefore(fakeLink(), LISTEN), notes.value]).toEqual([null, []]);
  });

  test.each([
    ['the binding was given back while the link lived on', async (book: SessionBook, link: FakeLink) => book.gaveBack(link, LISTEN)],
    ['the link was closed in order', (_: SessionBook, link: FakeLink) => link.close(0)],
  ])('is forgotten when %s', async (_, end) => {
    const { book, notes } = place();
    const link = fakeLink();
    await book.hold(link, claim);
    await end(book, link);
    await dies(link);
    expect([book.heldBefore(fakeLink(), LISTEN), notes.value]).toEqual([null, []]);
  });

  test('is remembered when we left while the server did not answer, which may never have heard of it', async () => {
    const { clock, book } = place();
    const link = fakeLink();
    await book.hold(link, claim);
    Object.assign(link, { suspect: true, silentMs: 7_000 });
    book.gaveBack(link, LISTEN);
    await link.close(0);
    expect(book.heldBefore(fakeLink(), LISTEN)).toEqual({ diedAt: clock.now() - 7_000 });
  });

  test('is not called dead by the end of the link that had it before', async () => {
    const { book } = place();
    const [old, next] = [fakeLink(), fakeLink()];
    await book.hold(old, claim);
    await book.hold(next, claim);
    await dies(old);
    book.gaveBack(old, LISTEN);
    expect(book.heldBefore(fakeLink(), LISTEN)).toBeNull();
    await dies(next);
    expect(book.heldBefore(fakeLink(), LISTEN)).not.toBeNull();
  });

  test('is not believed for ever', async () => {
    const { clock, book, notes } = place();
    const link = fakeLink();
    await book.hold(link, claim);
    await dies(link, silent(0));
    await clock.advance(24 * HOUR_MS - 1);
    expect(book.heldBefore(fakeLink(), LISTEN)).not.toBeNull();
    await clock.advance(1);
    expect(book.heldBefore(fakeLink(), LISTEN)).toBeNull();
    await book.hold(fakeLink(), { tunnel: 't', listen: '127.0.0.1:1' });
    expect(notes.value).toHaveLength(1);
  });
});

describe('after our crash', () => {
  test('who comes next dates the death from its own start, at the latest, and no later after one more crash', async () => {
    const { clock, book, crash } = place();
    await book.hold(fakeLink(), claim);
    await clock.advance(HOUR_MS);
    const startedAt = clock.now();
    expect(crash().heldBefore(fakeLink(), LISTEN)).toEqual({ diedAt: startedAt });
    await clock.advance(HOUR_MS);
    expect(crash().heldBefore(fakeLink(), LISTEN)).toEqual({ diedAt: startedAt });
  });

  test('a death that had been noted keeps its time', async () => {
    const { clock, book, crash } = place();
    const link = fakeLink();
    await book.hold(link, claim);
    await dies(link);
    const diedAt = clock.now() - 20_000;
    await clock.advance(HOUR_MS);
    expect(crash().heldBefore(fakeLink(), LISTEN)).toEqual({ diedAt });
  });

  test('a death in the future, of a clock that was set back, is one of now', () => {
    const clock = fakeClock();
    const store = storeOf<HeldNote[]>([{ hostKey: 'SHA256:server', user: 'deploy', listen: LISTEN, diedAt: clock.now() + HOUR_MS }]);
    expect(new HeldNotes({ store, clock }).find(fakeLink(), LISTEN)).toEqual({ diedAt: clock.now() });
  });
});

describe('a session that its server tells of', () => {
  test('is recorded with its process, and leaves no nameless note', async () => {
    const { clock, book, notes } = place({ tells: identity });
    const link = fakeLink();
    await book.hold(link, claim);
    await dies(link);
    expect([notes.value, book.heldBefore(fakeLink(), LISTEN)]).toEqual([[], null]);
    expect(book.find(fakeLink(), LISTEN)).toMatchObject({ pid: 2345, declaredDead: true, diedAt: clock.now() - 20_000 });
  });

  test('is forgotten when it was closed in order, but not when the server did not answer', async () => {
    for (const suspect of [false, true]) {
      const { book } = place({ tells: identity });
      const link = Object.assign(fakeLink(), { suspect, silentMs: 7_000 });
      await book.enter(link, claim);
      await link.close(0);
      expect(book.find(fakeLink(), LISTEN) === null).toBe(!suspect);
    }
  });
});
