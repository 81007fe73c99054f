import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { acceptDirectly } from '../../../src/ssh/data/read-socket.ts';
import { carry } from '../../../src/ssh/forwards/carry.ts';
import { hasNagleOff } from '../../support/nagle.ts';
import { channelOn } from '../data/channel-on.ts';

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

async function userOf(server: Server): Promise<{ readonly user: Socket; readonly accepted: Socket }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const taken = new Promise<Socket>((resolve) => acceptDirectly(server, resolve));
  const user = connect((server.address() as { port: number }).port, '127.0.0.1');
  ends.push(
    () => server.close(),
    () => user.destroy(),
  );
  return { user, accepted: await taken };
}

const hear = async (user: Socket): Promise<string> => String((await once(user, 'data'))[0]);

describe("a user's connection", () => {
  test('has its first bytes at once, and from the second ones on goes without Nagle’s delay', async () => {
    const { user, accepted } = await userOf(createServer());
    const { channel } = channelOn();
    carry(channel, accepted, () => {});
    const say = (text: string): void => {
      channel.arrived(Buffer.from(text));
      channel.deliver();
    };
    say('a');
    expect(await hear(user)).toBe('a');
    expect(hasNagleOff(accepted)).toBe(false);
    say('b');
    expect(hasNagleOff(accepted)).toBe(true);
    expect(await hear(user)).toBe('b');
    accepted.destroy();
  });

  test('is without it from the first carried byte on where something else was said before, as by SOCKS', async () => {
    const { user, accepted } = await userOf(createServer());
    const { channel } = channelOn();
    accepted.write('granted');
    expect(await hear(user)).toBe('granted');
    carry(channel, accepted, () => {});
    channel.arrived(Buffer.from('a'));
    channel.deliver();
    expect(hasNagleOff(accepted)).toBe(true);
    accepted.destroy();
  });

  test('is without it from the start where its bytes come through a stream', async () => {
    const { accepted } = await userOf(createServer());
    carry(new PassThrough(), accepted, () => {});
    expect(hasNagleOff(accepted)).toBe(true);
    accepted.destroy();
  });
});
