import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { DataChannel } from '../../../src/ssh/data/channel.ts';
import { Sealer } from '../../../src/ssh/data/sealer.ts';
import type { LiveLink } from '../../../src/ssh/session/live-link.ts';
import { startTarget, type Target } from '../../support/echo-server.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { dial, hopOf } from './dial.ts';

let sshd: Sshd;
let echo: Target;
beforeAll(async () => {
  [sshd, echo] = await Promise.all([startSshd(), startTarget()]);
});
afterAll(async () => {
  await Promise.all([sshd.stop(), echo.stop()]);
});
const links: LiveLink[] = [];
afterEach(async () => {
  for (const link of links.splice(0).toReversed()) await link.close(1_000);
});

async function linkTo(via: LiveLink | null = null): Promise<LiveLink> {
  const link = await dial(await hopOf(sshd), { via });
  links.push(link);
  return link;
}
const channelOn = async (link: LiveLink): Promise<DataChannel> =>
  (await link.open({ host: '127.0.0.1', port: echo.port }, null)) as DataChannel;
async function says(stream: Duplex, text: string): Promise<string> {
  const answer = once(stream, 'data');
  stream.write(text);
  return String((await answer)[0]);
}

const planted = (): never => {
  throw new Error('planted');
};
const ended = { code: 'link-garbled', facts: { why: 'planted' } };

describe('a defect in handling the bytes of one connection ends that connection alone', () => {
  test('while they are delivered', async () => {
    const [bad, good] = [await linkTo(), await linkTo()];
    const [victim, sibling, neighbour] = [await channelOn(bad), await channelOn(bad), await channelOn(good)];
    const broken = new Promise((resolve) => sibling.once('close', resolve));
    victim.takeWith({ take: planted, unread: 0 });
    victim.write('x');
    expect(await bad.lost).toMatchObject(ended);
    await broken;
    expect(await says(neighbour, 'still here')).toBe('still here');
  });

  test('of a hop behind another: the connection that carries it goes on', async () => {
    const outer = await linkTo();
    const [inner, neighbour] = [await linkTo(outer), await channelOn(outer)];
    const victim = await channelOn(inner);
    victim.takeWith({ take: planted, unread: 0 });
    victim.write('x');
    expect(await inner.lost).toMatchObject(ended);
    expect(await says(neighbour, 'still here')).toBe('still here');
  });

  test.each(['at once', 'behind what waits'])('while a packet is made, %s', async (when) => {
    const [bad, good] = [await linkTo(), await linkTo()];
    const [victim, neighbour] = [await channelOn(bad), await channelOn(good)];
    const seal = vi.spyOn(Sealer.prototype, 'seal').mockImplementationOnce(planted);
    const bytes = Buffer.alloc(when === 'at once' ? 1 : 4 * 1024 * 1024);
    // Whoever feeds is a socket, whose exception would be the whole process's.
    expect(() => victim.feed(bytes)).not.toThrow();
    expect(await bad.lost).toMatchObject(ended);
    seal.mockRestore();
    expect(await says(neighbour, 'still here')).toBe('still here');
  });
});
