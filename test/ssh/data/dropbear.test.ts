import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { WINDOW_LIMITS } from '../../../src/model/data-settings.ts';
import { Batches } from '../../../src/ssh/data/batches.ts';
import { sharedData } from '../../../src/ssh/data/data-shared.ts';
import type { LiveLink } from '../../../src/ssh/session/live-link.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { isRoot } from '../../support/run.ts';
import { atEnd } from '../forwards/support.ts';
import { aDropbear } from '../remote/accounts.ts';
import { closeAll, digest, digestOf, linksOver, wayOf } from './ways/place.ts';

const BIG = randomBytes(12 * 1024 * 1024);

/** A small server with small windows: 24 KB for each channel unless it is told otherwise (dropbear(8), -W). */
describe.runIf(isRoot).each([
  ['the data path', () => sharedData(WINDOW_LIMITS, new Batches())],
  ['the channels of ssh2', () => null],
])('%s to a dropbear', (_, data) => {
  let hop: ResolvedHop;
  beforeAll(async () => void ({ hop } = await aDropbear()));

  test.each(['local', 'remote'] as const)('carries a %s forward both ways at the same time, and its ends', async (kind) => {
    const links = await linksOver(hop, { hops: 1, data: data() });
    atEnd(() => closeAll(links));
    const there: Promise<string>[] = [];
    const serve = (socket: Socket): void => {
      there.push(digest(socket));
      socket.end(BIG);
    };
    const way = await wayOf(kind, links[0] as LiveLink, serve);
    const clients = await Promise.all([1, 2, 3].map(() => way.connect()));
    const back = clients.map(digest);
    for (const client of clients) client.end(BIG);
    const whole = clients.map(() => digestOf(BIG));
    expect(await Promise.all(back)).toEqual(whole);
    expect(await Promise.all(there)).toEqual(whole);
  });
});
