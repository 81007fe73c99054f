import type { Duplex } from 'node:stream';
import { DataChannel } from './channel.ts';
import type { PacketReader } from './packet-reader.ts';
import { ReadSocket } from './read-socket.ts';

export type InletGiven = {
  readonly reader: PacketReader;
  /** Each read, before it is looked at. */
  readonly onBytes: (count: number) => void;
  readonly onError: (error: Error) => void;
};

/** Who hears a stream until now: ssh2's own way in. */
export function listenersOf(stream: Duplex): (chunk: Buffer) => void {
  const listeners = stream.listeners('data') as ((chunk: Buffer) => void)[];
  return (chunk) => {
    for (const listener of listeners) listener(chunk);
  };
}

/** Brings what a session's carrier delivers to the packet reader, with as little in between as the carrier allows. */
export class Inlet {
  readonly #given: InletGiven;
  #stop = (): void => {};

  constructor(stream: Duplex, given: InletGiven) {
    this.#given = given;
    stream.removeAllListeners('data');
    if (stream instanceof ReadSocket) this.#ofSocket(stream);
    else if (stream instanceof DataChannel) stream.takeWith({ take: (slices) => this.#take(slices), unread: 0 });
    else this.#ofStream(stream);
  }

  stop(): void {
    this.#stop();
  }

  #ofSocket(socket: ReadSocket): void {
    const { reader } = this.#given;
    socket.space = () => reader.space;
    // A read that was begun before lies in the place before.
    socket.takeWith((bytes) => (bytes.buffer === reader.space.buffer ? this.#read(bytes.length) : this.#take([bytes]), true));
    this.#stop = () => socket.giveBack();
  }

  #ofStream(stream: Duplex): void {
    const onData = (chunk: Buffer): void => void this.#take([chunk]);
    stream.on('data', onData);
    this.#stop = () => void stream.off('data', onData);
  }

  #read(count: number): void {
    this.#given.onBytes(count);
    this.#try(() => this.#given.reader.read(count));
  }

  #take(slices: readonly Buffer[]): boolean {
    this.#given.onBytes(slices.reduce((sum, slice) => sum + slice.length, 0));
    this.#try(() => this.#given.reader.take(slices));
    return false;
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#given.onError(error as Error);
    }
  }
}
