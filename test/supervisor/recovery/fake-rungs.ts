import type { Evidence } from '../../../src/model/binding.ts';
import { type Problem, ProblemError, problem } from '../../../src/model/problem.ts';
import type { Forward } from '../../../src/model/profile.ts';
import type { SessionRecord } from '../../../src/model/session-record.ts';
import type { Service } from '../../../src/ssh/types.ts';
import { BindLater } from '../../../src/supervisor/recovery/bind-later.ts';
import { Ladder } from '../../../src/supervisor/recovery/ladder.ts';
import type { Look, Rungs } from '../../../src/supervisor/recovery/rungs.ts';
import { Teller } from '../../../src/supervisor/recovery/teller.ts';
import { BOOT, TCP } from '../../decide/evidence.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import { memoryLog } from '../memory-log.ts';
import { type FakeLink, fakeLink } from './fake-link.ts';

export const REFUSED = problem('binding-refused', { listen: '127.0.0.1:18080', on: 'bastion' });

export type Scene = {
  /** The server's answers to the requests for the binding; refused once they are used up. */
  answers?: ('refused' | 'bound')[];
  evidence: (look: Look) => Evidence;
  forward?: Partial<Forward>;
  old?: Partial<SessionRecord>;
  canKnock?: boolean;
  canEvict?: boolean;
  /** Of the server; also by how long after the death it was poked. */
  patienceMs?: number | ((pokedAfterMs: number | null) => number);
  /** When the look connected to the binding. */
  pokedAt?: number;
  takeOver?: boolean;
  /** What is odd about what was bound. */
  verified?: Problem;
};

/** What was done: each rung by its name, and when, in ms since the start. */
export type Done = { readonly what: string; readonly at: number };

export type Stage = {
  readonly clock: FakeClock;
  readonly ladder: Ladder;
  readonly teller: Teller;
  readonly done: Done[];
  readonly scene: Scene;
  /** One try of the runner, with as much time as the quick retries take; what came of it. */
  bind(over?: FakeLink, signal?: AbortSignal): Promise<'bound' | BindLater | Problem>;
  times(what: string): number;
};

const FORWARD: Forward = {
  name: 'hook',
  kind: 'remote',
  on: 0,
  listen: TCP,
  from: 'local',
  to: { host: 'localhost', port: 80 },
  onConflict: ['reclaim', 'wait'],
  fallbackPorts: null,
  giveUpAfterMs: null,
  public: false,
};

/** A real ladder over rungs that only note that they were taken. */
export function stage(scene: Scene): Stage {
  const clock = fakeClock();
  const done: Done[] = [];
  const note = <T>(what: string, outcome: T): T => {
    done.push({ what, at: clock.monotonic() });
    return outcome;
  };
  const forward = { ...FORWARD, ...scene.forward };
  const teller = new Teller('t', { clock, log: memoryLog() });
  const ladder = new Ladder({
    tunnel: 't',
    hop: 'bastion',
    forward,
    care: { deadman: 'off', keepalive: 'mirror' },
    takeOver: () => scene.takeOver === true,
    clock,
    teller,
    rungs: rungsOf(scene, note),
  });
  const bind: Stage['bind'] = async (link = fakeLink(), signal = new AbortController().signal) => {
    const service = { forward } as Service;
    const trying = ladder.bind({ link, service, signal, onTrouble: () => {}, onWarning: () => {} }).then(
      () => 'bound' as const,
      (error: unknown) => (error instanceof ProblemError && !(error instanceof BindLater) ? error.problem : (error as BindLater)),
    );
    await clock.advance(1_000);
    return await trying;
  };
  return { clock, ladder, teller, done, scene, bind, times: (what) => done.filter((each) => each.what === what).length };
}

type Note = <T>(what: string, outcome: T) => T;

function rungsOf(scene: Scene, note: Note): Rungs {
  const old = scene.old === undefined ? null : ({ bootId: BOOT, ...scene.old } as SessionRecord);
  const rungs: Partial<Record<keyof Rungs, unknown>> = {
    enter: async () => {},
    listen: async (_: unknown, { forward }: Service) => {
      if (note('bind', scene.answers?.shift()) === 'bound')
        return { listener: { address: forward.listen, close: async () => note('give back', undefined) }, test: null };
      throw new ProblemError(REFUSED);
    },
    look: async (_: unknown, look: Look) =>
      note(look.mayPoke ? 'look and poke' : 'look', { evidence: scene.evidence(look), old, pokedAt: scene.pokedAt ?? null }),
    canKnock: () => scene.canKnock === true,
    canEvict: () => scene.canEvict !== false,
    knock: async () => note('knock', 'refused'),
    evict: async () => note('evict', 'ended'),
    unlink: async () => note('unlink', 'unlinked'),
    forget: () => note('forget', undefined),
    patience: (_: unknown, { afterMs }: { afterMs: number | null }) => ({ patienceMs: patienceOf(scene, afterMs), atMost: false }),
    verify: async () => scene.verified ?? null,
    hold: () => () => {},
    tidy: async () => {},
  };
  return rungs as unknown as Rungs;
}

const patienceOf = ({ patienceMs }: Scene, afterMs: number | null): number | null =>
  typeof patienceMs === 'function' ? patienceMs(afterMs) : (patienceMs ?? null);
