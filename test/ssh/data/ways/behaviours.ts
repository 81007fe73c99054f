import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DataChannel } from '../../../../src/ssh/data/channel.ts';
import type { DataShared } from '../../../../src/ssh/data/data-shared.ts';
import type { LiveLink } from '../../../../src/ssh/session/live-link.ts';
import type { ResolvedHop } from '../../../../src/ssh/types.ts';
import { type Sshd, startSshd } from '../../../support/sshd.ts';
import { gather, settles } from '../../forwards/support.ts';
import { hopOf } from '../../session/dial.ts';
import { closeAll, digest, digestOf, exactly, type Kind, KINDS, linksOver, type Way, wayOf } from './place.ts';

const BIG = randomBytes(6 * 1024 * 1024);
const OTHER = randomBytes(5 * 1024 * 1024 + 1);
const MANY = 200;

/**
 * What users see of a forward, for each kind over one hop and two. The same table is run for each way in which channels can
 * be carried, so that nobody can tell them apart.
 */
export function behavesAlike(data: DataShared | null): void {
  let sshd: Sshd;
  let hop: ResolvedHop;
  beforeAll(async () => {
    sshd = await startSshd();
    hop = await hopOf(sshd);
  });
  afterAll(() => sshd.stop());

  describe.each(KINDS.flatMap((kind) => ([1, 2] as const).map((hops) => ({ kind, hops }))))('a $kind forward, $hops hop(s)', (at) => {
    let links: LiveLink[] = [];
    beforeAll(async () => void (links = await linksOver(hop, { hops: at.hops, data })));
    afterAll(() => closeAll(links));
    const open: Open = (serve) => wayOf(at.kind, links.at(-1) as LiveLink, serve);

    test('goes the way that this is about', async () => {
      const channel = await links[0]?.openRaw({ host: '127.0.0.1', port: sshd.port });
      expect(channel instanceof DataChannel).toBe(data !== null);
      channel?.destroy();
    });
    carries(open);
    ends(open);
    breaks(at.kind, { open, lose: () => sshd.killSession() });
  });

  test('all that windows were granted is given back', async () => {
    await settles(() => (data?.budget.used ?? 0) === 0, 'the windows to be given back');
  });
}

type Open = (serve: (socket: Socket) => void) => Promise<Way>;

/** Last, as the link is lost by it. */
function breaks(kind: Kind, { open, lose }: { open: Open; lose: () => void }): void {
  test('is reset and not ended when its link is lost in the middle, and its books close', async () => {
    const way = await open((socket) => void socket.write(FLOOD));
    const client = await way.connect();
    const end = gather(client);
    await once(client, 'data');
    lose();
    const { how, data: came } = await end;
    expect(came.length).toBeLessThan(FLOOD.length);
    expect(FLOOD.subarray(0, came.length).equals(came)).toBe(true);
    // A Unix socket has no reset, and where the server listens it closes the client as it likes.
    if (kind === 'local' || kind === 'dynamic') expect(how).toBe('reset');
    await settles(() => way.service.meter.open === 0, 'the books to close');
  });
}

/** What comes through, and how it flows. */
function carries(open: Open): void {
  test('carries other bytes each way at the same time', async () => {
    const there: Promise<string>[] = [];
    const way = await open((socket) => {
      there.push(digest(socket));
      socket.end(OTHER);
    });
    const client = await way.connect();
    const back = digest(client);
    client.end(BIG);
    expect(await back).toBe(digestOf(OTHER));
    expect(await Promise.all(there)).toEqual([digestOf(BIG)]);
    await settles(() => way.service.meter.open === 0, 'the books to close');
    expect(way.service.meter).toMatchObject({ sent: BIG.length, received: OTHER.length, failed: 0 });
  });

  test('carries writes of 32 KB and of 1 byte, and answers to each', async () => {
    const way = await open((socket) => void socket.pipe(socket));
    const client = await way.connect();
    for (const bytes of [32 * 1024, 1, 1, 32 * 1024 + 1, 1]) {
      const sent = randomBytes(bytes);
      client.write(sent);
      expect((await exactly(client, bytes)).equals(sent)).toBe(true);
    }
  });

  test(`carries ${MANY} connections at once`, async () => {
    const way = await open((socket) => void socket.pipe(socket));
    const clients: Socket[] = [];
    for (let count = 0; count < MANY; count += 20) clients.push(...(await Promise.all(Array.from({ length: 20 }, () => greeted(way)))));
    const answers = clients.map((client) => gather(client));
    clients.forEach((client, at) => client.end(`${at}`.repeat(at + 1)));
    const came = await Promise.all(answers);
    expect(came.map(({ data, how }) => [data.toString(), how])).toEqual(clients.map((_, at) => [`${at}`.repeat(at + 1), 'end']));
    await settles(() => way.service.meter.open === 0, 'the books to close');
  });

  test('waits for a reader that has stopped, while others go on, and then goes on', async () => {
    const way = await open((socket) => {
      socket.once('data', (first: Buffer) => {
        if (first[0] === BULK) return void socket.end(FLOOD);
        socket.write(first);
        socket.pipe(socket);
      });
    });
    const slow = await way.connect();
    slow.write(Buffer.of(BULK));
    const other = await way.connect();
    for (let round = 0; round < 50; round++) {
      other.write(`${round}`.padStart(4));
      expect((await exactly(other, 4)).toString()).toBe(`${round}`.padStart(4));
    }
    expect(way.service.meter.received).toBeLessThan(FLOOD.length);
    expect(await digest(slow)).toBe(digestOf(FLOOD));
  });
}

const BULK = 66;
/** More than windows and the kernel's buffers hold. */
const FLOOD = Buffer.alloc(24 * 1024 * 1024, randomBytes(65_537));

/** How connections begin and end. */
function ends(open: Open): void {
  test('passes the end of the client alone: its answer comes after it', async () => {
    const way = await open((socket) => void digest(socket).then((heard) => socket.end(heard)));
    const client = await way.connect();
    client.end(BIG);
    expect(await gather(client)).toMatchObject({ data: Buffer.from(digestOf(BIG)), how: 'end' });
  });

  test('passes the end of the target alone: the client goes on', async () => {
    const heard: Promise<string>[] = [];
    const way = await open((socket) => {
      heard.push(digest(socket));
      socket.end('that is all');
    });
    const client = await way.connect();
    expect(await gather(client)).toMatchObject({ data: Buffer.from('that is all'), how: 'end' });
    client.end(BIG);
    await settles(() => heard.length === 1, 'the target to be reached');
    expect(await heard[0]).toBe(digestOf(BIG));
  });

  test('passes the reset of a client as an end of both ways', async () => {
    const gone: Promise<unknown>[] = [];
    const way = await open((socket) => {
      gone.push(once(socket, 'close'));
      socket.on('data', () => {}).on('end', () => socket.end());
      socket.write('hello');
    });
    const client = await way.connect();
    await once(client, 'data');
    breakOff(client);
    await Promise.all(gone);
    await settles(() => way.service.meter.open === 0, 'the books to close');
  });

  test('passes the reset of a target on to the client', async () => {
    const way = await open((socket) => void socket.once('data', () => breakOff(socket)));
    const client = await way.connect();
    const end = gather(client);
    client.write('x');
    expect((await end).data.length).toBe(0);
    client.end();
    await settles(() => way.service.meter.open === 0, 'the books to close');
  });

  test('closes the client where the target refuses', async () => {
    const way = await open(() => {});
    await new Promise((resolve) => way.target.server.close(resolve));
    const refused = await way.connect().then(
      async (client) => (await gather(client)).data.length,
      (error: Error) => error.message,
    );
    expect([0, 'SOCKS reply 5']).toContain(refused);
    expect(way.service.failures.map(({ code }) => code)).toEqual([way.refusal]);
  });
}

/** Joined to an echo: a socket's queue of those who wait to be accepted is short. */
async function greeted(way: Way): Promise<Socket> {
  const client = await way.connect();
  client.write('.');
  await exactly(client, 1);
  return client;
}

const breakOff = (socket: Socket): void => void (socket.remoteAddress === undefined ? socket.destroy() : socket.resetAndDestroy());
