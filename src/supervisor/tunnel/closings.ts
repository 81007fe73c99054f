import type { Tunnel } from '../../model/tunnel.ts';

/** Who waits until a tunnel has given back what it had. */
export class Closings {
  #waiting: (() => void)[] = [];

  /** Resolves at once where nothing is being given back. */
  over(tunnel: Tunnel): Promise<void> {
    if (!isClosing(tunnel)) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  look(tunnel: Tunnel): void {
    if (!isClosing(tunnel)) for (const done of this.#waiting.splice(0)) done();
  }
}

const isClosing = ({ state }: Tunnel): boolean => state.is === 'down' && state.closing !== null;
