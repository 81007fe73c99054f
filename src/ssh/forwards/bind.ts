import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { type Address, isSocket, printAddress, type TcpAddress } from '../../model/address.ts';
import { ProblemError, problem } from '../../model/problem.ts';
import { describeHolder, holderOf } from '../../platform/port-holder.ts';
import { acceptDirectly, asReadSocket } from '../data/read-socket.ts';

/** The name of this machine in words shown to the user. */
export const HERE = 'this machine';

export type BindGiven = {
  readonly onSocket: (socket: Socket) => void;
  /** A connection could not be accepted (EMFILE and the like); the server goes on. */
  readonly onTrouble: (error: Error) => void;
};

export type Bound = {
  /** With the real port. */
  readonly address: Address;
  /** What is missing of `localhost`. */
  readonly half?: Half;
  /** The binding is free when this was called; resolves when its last connection is closed. */
  close(): Promise<void>;
};

/** One address of the two of `localhost` was held by somebody else, and the other one is bound. */
export type Half = {
  readonly bound: TcpAddress;
  readonly missing: TcpAddress;
  /** Tries again; true once it listens there too. Never rejects. */
  complete(): Promise<boolean>;
};

/** A server that listens. Rejects with the system's error. */
export function listenOn(at: ListenOptions, { onSocket, onTrouble }: BindGiven): Promise<Server> {
  return new Promise((resolve, reject) => {
    // allowHalfOpen: without it Node answers a client's FIN with its own, and the answer to its request is lost.
    // pauseOnConnect: nothing may be read before the socket is another one's.
    const options = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true };
    const server = createServer(options, (socket) => onSocket(asReadSocket(socket)));
    server.once('error', reject);
    server.listen({ ...at, exclusive: true }, () => {
      server.off('error', reject).on('error', onTrouble);
      acceptDirectly(server, onSocket);
      resolve(server);
    });
  });
}

export const closeServer = (server: Server): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));

export const errorCode = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown';

const BAD_ADDRESS = new Set([
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'EINVAL',
  'ENOTFOUND',
  'ENOENT',
  'ENOTDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'EROFS',
]);

/** `describe`: words for the holder; it is looked for where that is left out. */
export type HeldGiven = { readonly describe?: (() => string) | undefined };

export async function problemOfBind(error: unknown, at: Address, { describe }: HeldGiven = {}): Promise<ProblemError> {
  if (error instanceof ProblemError) return error;
  const code = errorCode(error);
  const about = { listen: printAddress(at), on: HERE };
  const options = { cause: error };
  if (code === 'EADDRINUSE') return describe === undefined ? held(at, options) : heldBy(at, describe(), options);
  if (code === 'EACCES' || code === 'EPERM') return new ProblemError(problem('bind-no-permission', about), options);
  return new ProblemError(problem(BAD_ADDRESS.has(code) ? 'bind-bad-address' : 'bind-failed', { ...about, code }), options);
}

export async function held(at: Address, options?: ErrorOptions): Promise<ProblemError> {
  return heldBy(at, describeHolder(await holderOf(isSocket(at) ? at.path : at.port)), options);
}

export const heldBy = (at: Address, holder: string, options?: ErrorOptions): ProblemError =>
  new ProblemError(problem('binding-held', { listen: printAddress(at), on: HERE, holder }), options);
