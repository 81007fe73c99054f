import { isAbsolute, join, resolve } from 'node:path';
import type { ProfileDocument } from '../model/profile-shape.ts';

/** `home` is what `~/` stands for, `base` what other relative paths are relative to. */
export type Bases = { readonly home: string; readonly base: string };

type Hop = ProfileDocument['hops'][number];
type Forward = ProfileDocument['forwards'][number];

/** The same document with paths that mean the same wherever it is read: the supervisor has a directory of its own. */
export function absolutePaths(document: ProfileDocument, bases: Bases): ProfileDocument {
  const { sshConfig } = document;
  return {
    ...document,
    hops: document.hops.map((hop) => absoluteHop(hop, bases)),
    forwards: document.forwards.map((forward) => absoluteForward(forward, bases)),
    // ssh -F none reads no file at all.
    ...(sshConfig === undefined || sshConfig === 'none' ? {} : { sshConfig: absolute(sshConfig, bases) }),
  };
}

function absoluteHop(hop: Hop, bases: Bases): Hop {
  if (typeof hop === 'string' || hop.identity === undefined) return hop;
  const { identity } = hop;
  return { ...hop, identity: typeof identity === 'string' ? absolute(identity, bases) : identity.map((path) => absolute(path, bases)) };
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

function absolute(path: string, { home, base }: Bases): string {
  if (path.startsWith('~/')) return join(home, path.slice(2));
  return isAbsolute(path) ? path : resolve(base, path);
}
