import { chmodSync, linkSync, lstatSync, renameSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { SocketAddress } from '../../model/address.ts';
import { ProblemError, problem } from '../../model/problem.ts';
import { homeDirectory } from '../../platform/paths.ts';
import { describeHolder } from '../../platform/port-holder.ts';
import { MAX_SOCKET_PATH } from '../../platform/socket-path.ts';
import { type BindGiven, type Bound, closeServer, errorCode, HERE, held, heldBy, listenOn } from './bind.ts';

/**
 * A Unix socket for its owner alone (0600). A dead socket file of ours is taken over; a live one, another user's, and
 * what is no socket stay as they are. Rejects with ProblemError or the system's error.
 */
export async function bindSocket(at: SocketAddress, given: BindGiven): Promise<Bound> {
  const path = expandHome(at.path);
  checkPath(path);
  await clearTheWay(path);
  const server = await listenForOwner(path, given);
  const own = lstatSync(path);
  return { address: { path }, close: () => keepingForeign(path, { own, close: () => closeServer(server) }) };
}

/** `~/` is the home directory, as in ssh_config(5). */
export const expandHome = (path: string): string => (path.startsWith('~/') ? join(homeDirectory(process.env), path.slice(2)) : path);

function checkPath(path: string): void {
  const about = { listen: path, on: HERE };
  // Node would cut the path short without a word and listen elsewhere.
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) throw new ProblemError(problem('bind-path-too-long', { ...about, max: MAX_SOCKET_PATH }));
  // bind(2) says ENOENT where the folder does not exist, but libuv makes EACCES of it; stat(2) tells them apart.
  statSync(dirname(path));
}

async function clearTheWay(path: string): Promise<void> {
  const there = statOf(path);
  if (there === null) return;
  if (!there.isSocket()) throw heldBy({ path }, 'a file that is not a socket');
  if (there.uid !== process.getuid?.()) throw heldBy({ path }, describeHolder({ pid: null, command: null, uid: there.uid }));
  const answer = await knock(path);
  if (answer === 'ENOENT') return;
  if (answer !== 'ECONNREFUSED') throw await held({ path });
  // The file may have become another's meanwhile.
  if (statOf(path)?.ino === there.ino) unlinkSync(path);
}

/** What a connection to the socket comes to: null where somebody takes it, else the error's code. */
function knock(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => resolve(null)).once('error', (error) => resolve(errorCode(error)));
    socket.once('connect', () => socket.destroy());
  });
}

async function listenForOwner(path: string, given: BindGiven): Promise<Server> {
  // listen() binds before it returns, so the mask (OpenSSH's StreamLocalBindMask, 0177) is ours alone for that moment.
  const before = isMainThread ? process.umask(0o177) : null;
  const listening = listenOn({ path }, given);
  if (before !== null) process.umask(before);
  const server = await listening;
  chmodSync(path, 0o600);
  return server;
}

/** Closing a server unlinks whatever lies at its path; another's socket that has taken the place is put back. */
function keepingForeign(path: string, { own, close }: { own: Stats; close: () => Promise<void> }): Promise<void> {
  const there = statOf(path);
  if (there === null || (there.ino === own.ino && there.dev === own.dev)) return close();
  const aside = `${path}.kept-${process.pid}`;
  try {
    linkSync(path, aside);
  } catch {
    return close();
  }
  const closed = close();
  renameSync(aside, path);
  return closed;
}

function statOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}
