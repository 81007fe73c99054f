import { isAbsolute, join, resolve } from 'node:path';
import type { ProfileDocument } from '../model/profile-shape.ts';

/** `home` is what `~/` stands for, `baseAt` what the path at a place of the document is relative to. */
export type Bases = { readonly home: string; readonly baseAt: (path: readonly (string | number)[]) => string };
type Place = { readonly home: string; readonly base: string };

type Hop = ProfileDocument['hops'][number];
type Forward = ProfileDocument['forwards'][number];

/** The same document with paths that mean the same wherever it is read: the supervisor has a directory of its own. */
export function absolutePaths(document: ProfileDocument, bases: Bases): ProfileDocument {
  const { sshConfig } = document;
  if (!hasPaths(document)) return document;
  return {
    ...document,
    hops: document.hops.map((hop, index) => absoluteHop(hop, { bases, index })),
    forwards: document.forwards.map((forward) => absoluteForward(forward, bases)),
    // ssh -F none reads no file at all.
    ...(sshConfig === undefined || sshConfig === 'none'
      ? {}
      : { sshConfig: absolute(sshConfig, { home: bases.home, base: bases.baseAt(['sshConfig']) }) }),
  };
}

/** Most profiles have none, and are spared being read twice. */
const hasPaths = ({ sshConfig, hops, forwards }: ProfileDocument): boolean =>
  sshConfig !== undefined ||
  hops.some((hop) => typeof hop === 'object' && hop.identity !== undefined) ||
  forwards.some((forward) => [forward.local, forward.dynamic, forward.to].some((end) => typeof end === 'string' && end.startsWith('~/')));

function absoluteHop(hop: Hop, { bases, index }: { readonly bases: Bases; readonly index: number }): Hop {
  if (typeof hop === 'string' || hop.identity === undefined) return hop;
  const { identity } = hop;
  const at = (...path: (string | number)[]): Place => ({ home: bases.home, base: bases.baseAt(['hops', index, 'identity', ...path]) });
  if (typeof identity === 'string') return { ...hop, identity: absolute(identity, at()) };
  return { ...hop, identity: identity.map((path, nth) => absolute(path, at(nth))) };
}

/** Only the sockets of this machine: on a hop, `~/` is an error already. */
function absoluteForward(forward: Forward, { home }: Bases): Forward {
  const { local, dynamic, to } = forward;
  return {
    ...forward,
    ...(local === undefined ? {} : { local: atHome(local, home) }),
    ...(dynamic === undefined ? {} : { dynamic: atHome(dynamic, home) }),
    ...(to === undefined ? {} : { to: atHome(to, home) }),
  };
}

const atHome = <End extends string | number>(end: End, home: string): End | string =>
  typeof end === 'string' && end.startsWith('~/') ? join(home, end.slice(2)) : end;

function absolute(path: string, { home, base }: Place): string {
  if (path.startsWith('~/')) return join(home, path.slice(2));
  return isAbsolute(path) ? path : resolve(base, path);
}
