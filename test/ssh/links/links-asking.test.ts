import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../../../src/model/problem.ts';
import { DEFAULT_KEEPALIVE } from '../../../src/model/profile.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { deferred } from '../../../src/platform/deferred.ts';
import { Links } from '../../../src/ssh/links/links.ts';
import { isRoot, must } from '../../support/run.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { makeUser } from '../../support/users.ts';
import { hopAt } from '../identity/real-login.ts';

const SECRET = 'correct horse';
const never = new AbortController().signal;

/** The doctor asks nobody, and shares its connections with tunnels that may ask. */
describe.skipIf(!isRoot)('a connection that needs a person and is shared', () => {
  const parts = {} as { user: Awaited<ReturnType<typeof makeUser>>; sshd: Sshd };
  beforeAll(async () => {
    const user = await makeUser();
    await must('chpasswd', [], { input: `${user.name}:${SECRET}\n` });
    const sshd = await startSshd({ user: { name: user.name, home: user.home }, config: ['PasswordAuthentication yes'] });
    Object.assign(parts, { user, sshd });
  });
  afterAll(async () => {
    await parts.sshd?.stop();
    await parts.user?.remove();
  });

  function makeLinks() {
    const answer = deferred<readonly string[] | null>();
    const asked: string[] = [];
    const desk = {
      async ask({ is }: { is: string }, { onOpen }: { onOpen: (id: string) => void }) {
        asked.push(is);
        onOpen(String(asked.length));
        return await answer.promise;
      },
    };
    const links = new Links({ clock: systemClock, onChange: () => {}, desk });
    const route = { hops: [hopAt(parts.sshd)], keepalive: DEFAULT_KEEPALIVE };
    const quiet = () => links.lease(route, never);
    const asking = (heard: (Problem | null)[] = []) => links.lease(route, never, { onNeeded: (needed) => heard.push(needed) });
    return { links, quiet, asking, answer, asked };
  }

  test('is not asked for by who may not ask, who hears what it would have needed', async () => {
    const { quiet, asked } = makeLinks();
    await expect(quiet()).rejects.toMatchObject({ problem: { code: 'answer-needed' } });
    expect(asked).toEqual([]);
  });

  test('is asked for once by those who may, and serves everybody once it is there', async () => {
    const { quiet, asking, answer, asked } = makeLinks();
    const heard: [(Problem | null)[], (Problem | null)[]] = [[], []];
    const leases = [asking(heard[0]), asking(heard[1])];
    const first = quiet();
    await expect(first).rejects.toMatchObject({ problem: { code: 'prompt-waiting', facts: { id: '1' } } });
    answer.resolve([SECRET]);
    const [one, two] = await Promise.all(leases);
    expect(two?.links[0]).toBe(one?.links[0]);
    expect(asked).toEqual(['password']);
    for (const each of heard) expect(each.map((needed) => needed?.code ?? null)).toEqual(['prompt-waiting', null]);
    const last = await quiet();
    expect(last.links[0]).toBe(one?.links[0]);
    for (const lease of [one, two, last]) await lease?.release('for-good');
  });

  test('that was begun by who may not ask asks after all when somebody comes who may', async () => {
    const { quiet, asking, answer, asked } = makeLinks();
    const begun = quiet();
    const lease = asking();
    await expect(begun).rejects.toMatchObject({ problem: { code: 'prompt-waiting' } });
    answer.resolve([SECRET]);
    await (await lease).release('for-good');
    expect(asked).toEqual(['password']);
  });
});
