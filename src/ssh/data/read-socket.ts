import { type Server, Socket, type SocketConstructorOpts } from 'node:net';
import { busyPoll } from './busy-poll.ts';
import { turns, WHOLE_TURN } from './turns.ts';

/** Takes bytes that hold only during the call; false: no more until the socket is resumed. */
export type TakeBytes = (bytes: Buffer) => boolean;

/** What node:net takes beyond what its types say. */
type Options = Pick<SocketConstructorOpts, 'allowHalfOpen'> & { readonly noDelay?: boolean | undefined; readonly handle?: object };

/** Where the next bytes are to go. */
export type Space = () => Buffer;

type Place = { space: Space; socket: ReadSocket | null };

/**
 * A socket that is read into a buffer which is used again (the `onread` of node:net), in place of a new one for each read.
 * It is an ordinary stream until somebody takes its bytes directly.
 */
export class ReadSocket extends Socket {
  readonly #end = busyPoll.newEnd();
  #take: TakeBytes | null = null;
  readonly #place: Place;

  constructor(space: Space, options: Options = {}) {
    // Asked for the space already while `super` runs, where a connection is given.
    const place: Place = { space, socket: null };
    const onread = {
      buffer: () => place.space(),
      callback: (count: number, bytes: Uint8Array) => place.socket?.received(bytes, count) ?? true,
    };
    const { allowHalfOpen = false, noDelay = false, handle } = options;
    // The last three are what node:net puts into its copy of this, whatever was asked. It is 20 times as fast where they are
    // there already: V8 gives a copy that gets another property a hidden class of its own, each time.
    super({ allowHalfOpen, noDelay, handle, onread, emitClose: false, autoDestroy: true, decodeStrings: false } as SocketConstructorOpts);
    place.socket = this;
    this.#place = place;
    // To be connected to is to be asked.
    if (handle !== undefined) busyPoll.note(0, this.#end);
  }

  /** For node:net alone. */
  received(bytes: Uint8Array, count: number): boolean {
    const goesOn = this.#hand(bytes, count);
    busyPoll.note(count, this.#end);
    return goesOn;
  }

  #hand(bytes: Uint8Array, count: number): boolean {
    const read = Buffer.from(bytes.buffer, bytes.byteOffset, count);
    if (this.#take === null) return this.push(Buffer.from(read));
    if (!this.#take(read)) return false;
    return count < bytes.length || this.#waitForTurn();
  }

  /** There is more to read. libuv would go on with it up to 32 times, and everybody else would wait for all of that. */
  #waitForTurn(): boolean {
    setImmediate(() => {
      if (!this.isPaused()) this.resume();
    });
    return false;
  }

  /** From now on bytes go there and not into the stream; what it holds already goes first. Its end still shows as the stream's. */
  takeWith(take: TakeBytes): void {
    this.#take = take;
    const early = this.read() as Buffer | null;
    // Not `resume`: `read` is enough to have the handle read on, and for 'end'.
    if (early !== null && !take(early)) this.pause();
  }

  /** Its bytes go to the stream again. */
  giveBack(): void {
    this.#take = null;
  }

  /** Reads into another place from the next read but one on: node:net asks for the place after each read. */
  set space(space: Space) {
    this.#place.space = space;
  }
}

/** What is read there is taken before anything else is read, so all sockets of this machine's side share it. */
const shared = Buffer.allocUnsafeSlow(WHOLE_TURN);
export const sharedSpace: Space = () => sharedRoom(FIRST_READ);

/** As much as Node reads by itself, until somebody knows how much may go on from here. */
const FIRST_READ = 64 * 1024;

/** So much of it, or what everybody may read, whichever is less. */
export function sharedRoom(bytes: number): Buffer {
  const count = Math.min(bytes, turns.bytes);
  return count < shared.length ? shared.subarray(0, count) : shared;
}

const FIRST_BYTES = 16 * 1024;

/** For a connection whose reader has none yet. */
export function firstSpace(): Space {
  const bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  return () => bytes;
}

/** What is used of node:net's inside: a connection is handed to a socket of ours. */
type Handle = object;
type OnConnection = (error: number | undefined, handle: Handle | undefined) => void;
type SocketInside = { _handle: Handle | null; _server: object | null };
type ServerInside = { _handle?: { onconnection?: OnConnection } | null; _connections?: number };

/** An accepted socket, paused and not yet read, as one that is read into the shared place; itself where node:net has changed. */
export function asReadSocket(socket: Socket): Socket {
  const from = socket as unknown as SocketInside;
  const { _handle: handle, _server: server } = from;
  if (typeof handle !== 'object' || handle === null || typeof server !== 'object') return socket;
  from._handle = null;
  from._server = null;
  return readSocketOf(handle, server);
}

/**
 * The same for all that a listening server accepts from now on, without Node's own socket before it, which is a good part
 * of what a short connection costs. Where node:net has changed, the server goes on as it was.
 */
export function acceptDirectly(server: Server, onSocket: (socket: Socket) => void): void {
  const inside = server as unknown as ServerInside;
  const { _handle: listening } = inside;
  const before = listening?.onconnection;
  if (!listening || typeof before !== 'function' || typeof inside._connections !== 'number') return;
  listening.onconnection = (error, handle) => {
    if (error || handle === undefined) return before.call(listening, error, handle);
    inside._connections = (inside._connections ?? 0) + 1;
    onSocket(readSocketOf(handle, server));
  };
}

function readSocketOf(handle: Handle, server: object | null): ReadSocket {
  const socket = new ReadSocket(sharedSpace, { handle, allowHalfOpen: true });
  // So that the server knows when its last connection is closed.
  (socket as unknown as SocketInside)._server = server;
  return socket;
}
