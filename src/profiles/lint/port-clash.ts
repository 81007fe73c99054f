import { areInTheWay } from '../../decide/same-port.ts';
import { isSocket, printAddress } from '../../model/address.ts';
import type { Forward } from '../../model/profile.ts';
import { findingAt, type Linted, type LintFinding, listenPath } from './linted.ts';

type End = { readonly profile: Linted; readonly forward: Forward; readonly index: number; readonly on: string };

/** How many of the others are named. */
const NAMED = 3;

/** Two profiles that want one port, here or on one server: they cannot be up at the same time. Whoever falls back does not clash. */
export function portClash(profiles: readonly Linted[]): readonly LintFinding[] {
  const used = profiles.filter(({ shadowedBy }) => shadowedBy === null);
  return [...grouped(used.flatMap(endsOf)).values()].flatMap((ends) =>
    ends.length === 1 ? [] : ends.flatMap((end) => clashOf(end, ends)),
  );
}

function grouped(ends: readonly End[]): Map<string, End[]> {
  const groups = new Map<string, End[]>();
  for (const end of ends) {
    const group = groups.get(placeOf(end));
    if (group === undefined) groups.set(placeOf(end), [end]);
    else group.push(end);
  }
  return groups;
}

function endsOf(profile: Linted): End[] {
  const { hops, forwards } = profile.loaded.profile;
  return forwards.flatMap((forward, index) => {
    const { listen, on, onConflict } = forward;
    if (onConflict.includes('fallback') || (!isSocket(listen) && listen.port === 0)) return [];
    const hop = on === 'local' ? null : hops[on];
    // Of another user a port is the same one, a Unix socket most likely not.
    const server =
      hop === null || hop === undefined ? 'this machine' : `${hop.host.toLowerCase()}${hop.port === null ? '' : `:${hop.port}`}`;
    return [{ profile, forward, index, on: server }];
  });
}

const placeOf = ({ on, forward: { listen } }: End): string => JSON.stringify([on, isSocket(listen) ? listen.path : listen.port]);

function clashOf(end: End, ends: readonly End[]): LintFinding[] {
  const others = ends.filter(({ profile, forward }) => profile !== end.profile && areInTheWay(forward.listen, end.forward.listen));
  const names = [...new Set(others.map(({ profile }) => profile.name))];
  if (names.length === 0) return [];
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return [
    findingAt(end.profile, listenPath(end.forward, end.index), {
      rule: 'port-clash',
      severity: 'warning',
      text: `${printAddress(end.forward.listen)} on ${end.on} is wanted by ${names.slice(0, NAMED).join(', ')}${more} too.`,
      why: 'They cannot be up at the same time.',
      fix: 'Give each its own, or let it fall back: onConflict: [wait, fallback] with fallbackPorts.',
    }),
  ];
}
