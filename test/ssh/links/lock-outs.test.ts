import { describe, expect, test } from 'vitest';
import { type Problem, ProblemError, problem, problemOf } from '../../../src/model/problem.ts';
import { forgetfulRefusals, LockOuts } from '../../../src/ssh/links/lock-outs.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const db = { host: 'db', user: 'ann', ssh: 'ann@db', place: 'db 22' };
const bob = { ...db, user: 'bob' };
const elsewhere = { host: 'web', user: 'ann', ssh: 'ann@web', place: 'web 22' };
const refused = problem('login-refused', { host: 'db', user: 'ann', ssh: 'ann@bastion', tried: 'a key' });
const closed = problem('closed-before-greeting', { host: 'db', port: 22 });
const penalty = problem('turned-away', { host: 'db', port: 22, said: 'Not allowed', sign: 'penalty', ms: null });

function lab(refusals = forgetfulRefusals()) {
  const clock = fakeClock();
  const lockOuts = new LockOuts({ clock, refusals });
  let dials = 0;
  /** The problem of a dial that meets this, or null where it gets in. */
  const dial = async (account: typeof db, meets: Problem | null): Promise<Problem | null> => {
    const work = async (): Promise<void> => {
      dials += 1;
      if (meets !== null) throw new ProblemError(meets);
    };
    return await lockOuts.guard(account, work).then(() => null, problemOf);
  };
  return { clock, lockOuts, dial, dials: () => dials };
}

describe('a login that was refused twice', () => {
  test('is not tried again, by whichever tunnel', async () => {
    const { dial, dials } = lab();
    expect(await dial(db, refused)).toEqual(refused);
    expect(await dial(db, refused)).toEqual(refused);
    expect(await dial(db, null)).toMatchObject({ code: 'login-held-back', facts: { user: 'ann', times: 2 } });
    expect(dials()).toBe(2);
  });

  test('is not tried again by the next supervisor either', async () => {
    const refusals = forgetfulRefusals();
    const first = lab(refusals);
    await first.dial(db, refused);
    await lab(refusals).dial(db, refused);
    const third = lab(refusals);
    expect(await third.dial(db, null)).toMatchObject({ code: 'login-held-back' });
    expect(third.dials()).toBe(0);
  });

  test('is tried again when a person asks for it', async () => {
    const { dial, lockOuts } = lab();
    await dial(db, refused);
    await dial(db, refused);
    lockOuts.forgive(db);
    expect(await dial(db, refused)).toEqual(refused);
    expect(await dial(db, null)).toBeNull();
  });

  test('holds back no other account, and no other server', async () => {
    const { dial } = lab();
    await dial(db, refused);
    await dial(db, refused);
    expect(await dial(bob, null)).toBeNull();
    expect(await dial(elsewhere, null)).toBeNull();
  });

  test('is counted anew after one that succeeded', async () => {
    const { dial } = lab();
    await dial(db, refused);
    await dial(db, null);
    await dial(db, refused);
    expect(await dial(db, null)).toBeNull();
  });
});

describe('a server that turns us away', () => {
  test('is left alone by every tunnel until the penalty is over, and not a moment longer', async () => {
    const { clock, dial, dials } = lab();
    expect(await dial(db, penalty)).toMatchObject({ code: 'turned-away', facts: { ms: 100_000 } });
    await clock.advance(99_000);
    expect(await dial(bob, null)).toMatchObject({ code: 'turned-away', facts: { ms: 1_000 } });
    expect(dials()).toBe(1);
    await clock.advance(1_000);
    expect(await dial(bob, null)).toBeNull();
  });

  test('is left alone for longer each time in a row', async () => {
    const { clock, dial } = lab();
    const waits = [];
    for (let times = 0; times < 4; times += 1) {
      waits.push(await dial(db, penalty));
      await clock.advance(700_000);
    }
    expect(waits.map((one) => one?.code === 'turned-away' && one.facts.ms)).toEqual([100_000, 200_000, 400_000, 660_000]);
  });

  test('is asked at once when a person wants it', async () => {
    const { dial, lockOuts } = lab();
    await dial(db, penalty);
    lockOuts.forgive(db);
    expect(await dial(db, null)).toBeNull();
  });

  test('by a missing banner counts only in a row', async () => {
    const { dial, lockOuts } = lab();
    await dial(db, closed);
    await dial(db, closed);
    lockOuts.reached(db);
    expect(await dial(db, closed)).toEqual(closed);
    await dial(db, closed);
    expect(await dial(db, closed)).toMatchObject({ code: 'turned-away', facts: { sign: 'closed', ms: 20_000 } });
  });

  test('by a missing banner is not taken for a server that nobody listened at before', async () => {
    const { dial } = lab();
    const nobody = problem('connect-refused', { host: 'db', port: 22 });
    for (let times = 0; times < 10; times += 1) await dial(db, nobody);
    expect(await dial(db, closed)).toEqual(closed);
  });
});

describe('a login that nobody needs', () => {
  test('keeps to what others have met, and what it meets holds nobody back', async () => {
    const { lockOuts, dial, dials } = lab();
    const extra = lockOuts.heeded();
    const meets = (what: Problem) => extra.guard(db, () => Promise.reject(new ProblemError(what))).catch(problemOf);
    for (const what of [refused, refused, refused, penalty]) expect(await meets(what)).toEqual(what);
    expect(await dial(db, refused)).toEqual(refused);
    await extra.guard(db, async () => {});
    extra.forgive(db);
    expect(await dial(db, refused)).toEqual(refused);
    expect(await meets(closed)).toMatchObject({ code: 'login-held-back' });
    expect(dials()).toBe(2);
  });
});
