import { isSocket, type Address } from '../../model/address.ts';
import type { Forward, Place, Profile } from '../../model/profile.ts';

/** `from` and `to`: indexes of the forwards in the profile before and after. */
export type ForwardChange =
  | { readonly is: 'kept'; readonly from: number; readonly to: number }
  | { readonly is: 'changed'; readonly from: number; readonly to: number }
  | { readonly is: 'added'; readonly to: number }
  | { readonly is: 'removed'; readonly from: number };

/** What takes effect without touching anything that is live; `conflicts`: what a forward does when its binding is taken. */
export const SETTINGS = ['description', 'groups', 'idle', 'hold', 'deadman', 'secondLogin', 'conflicts'] as const;
export type Setting = (typeof SETTINGS)[number];

export type ChangePlan = {
  /** `changed`: another way there, another login or another keepalive, so the connection is made anew. */
  readonly hops: 'same' | 'changed';
  /** In the order of the profile after, then those that it has no more. */
  readonly forwards: readonly ForwardChange[];
  readonly settings: readonly Setting[];
};

/**
 * What a changed profile asks of a tunnel that runs. A forward is kept where what it listens on and where it leads to are
 * the same, whatever it is called by now; else it is known by its name.
 */
export function planChange(before: Profile, after: Profile): ChangePlan {
  const hops = isSame(wayOf(before), wayOf(after)) ? 'same' : 'changed';
  const pairs = pairUp(before, after, hops);
  const taken = new Set(pairs.map(({ from }) => from));
  const forwards: ForwardChange[] = after.forwards.map((_, to) => pairs.find((pair) => pair.to === to) ?? { is: 'added', to });
  const removed: ForwardChange[] = before.forwards.flatMap((_, from) => (taken.has(from) ? [] : [{ is: 'removed', from }]));
  return { hops, forwards: [...forwards, ...removed], settings: changedSettings(before, after, pairs) };
}

/** Whether anything that is live has to be touched. */
export const touches = ({ hops, forwards }: ChangePlan): boolean => hops === 'changed' || forwards.some(({ is }) => is !== 'kept');

/** Of host keys what they say counts, not where they lie: a source has a folder of its own for each of its states. */
const wayOf = ({ hops, keepalive, ssh: { knownHosts, ...ssh } }: Profile): unknown => [hops, keepalive, ssh, knownHosts?.text];

type Pair = Extract<ForwardChange, { readonly is: 'kept' | 'changed' }>;

/** Equal and of one name, then equal, then of one name: so that no name keeps what is equal apart. */
function pairUp(before: Profile, after: Profile, hops: ChangePlan['hops']): Pair[] {
  const sameEnds = (a: Forward, b: Forward): boolean => isSame(endsOf(a, hops), endsOf(b, hops));
  const sameName = (a: Forward, b: Forward): boolean => a.name === b.name;
  const rounds = [
    { is: 'kept', fits: (a: Forward, b: Forward): boolean => sameName(a, b) && sameEnds(a, b) },
    { is: 'kept', fits: sameEnds },
    { is: 'changed', fits: sameName },
  ] as const;
  const pairs: Pair[] = [];
  for (const { is, fits } of rounds) {
    after.forwards.forEach((forward, to) => {
      if (pairs.some((pair) => pair.to === to)) return;
      const from = before.forwards.findIndex((old, index) => fits(old, forward) && pairs.every((pair) => pair.from !== index));
      if (from >= 0) pairs.push({ is, from, to });
    });
  }
  return pairs;
}

/** What a forward listens on, and where it leads to. Over other hops, which hop that is says nothing. */
function endsOf({ kind, on, listen, from, to, public: isPublic }: Forward, hops: ChangePlan['hops']): unknown {
  const place = (at: Place): Place | 'hop' => (at !== 'local' && hops === 'changed' ? 'hop' : at);
  return [kind, place(on), plain(listen), place(from), to && plain(to), isPublic];
}

const plain = (address: Address): unknown => (isSocket(address) ? address.path : [address.host, address.port]);

function changedSettings(before: Profile, after: Profile, pairs: readonly Pair[]): Setting[] {
  const conflicts = pairs.some(
    ({ is, from, to }) => is === 'kept' && !isSame(policyOf(before.forwards[from]), policyOf(after.forwards[to])),
  );
  const changes: Record<Setting, boolean> = {
    description: before.description !== after.description,
    groups: !isSame(before.groups, after.groups),
    idle: before.idleMs !== after.idleMs,
    hold: before.holdMs !== after.holdMs,
    deadman: !isSame(before.deadman, after.deadman),
    secondLogin: before.secondLogin !== after.secondLogin,
    conflicts,
  };
  return SETTINGS.filter((setting) => changes[setting]);
}

const policyOf = (forward: Forward | undefined): unknown => [forward?.onConflict, forward?.fallbackPorts, forward?.giveUpAfterMs];

/** Both come of one function, so that their keys are in one order. */
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
