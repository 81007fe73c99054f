import type { Socket } from 'node:net';

/** Whether TCP_NODELAY was set: the kernel tells it to nobody else, so this is what node:net remembers of it. */
export function hasNagleOff(socket: Socket): boolean {
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'kSetNoDelay');
  if (key === undefined) throw new Error('node:net has changed');
  return (socket as unknown as Record<symbol, unknown>)[key] === true;
}
