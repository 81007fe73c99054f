import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WINDOW_LIMITS } from '../../../../src/model/data-settings.ts';
import { Batches } from '../../../../src/ssh/data/batches.ts';
import { type DataShared, sharedData } from '../../../../src/ssh/data/data-shared.ts';
import { DEFAULT_OPTIONS } from '../../../../src/ssh/hop-options.ts';
import type { LiveLink } from '../../../../src/ssh/session/live-link.ts';
import type { ResolvedHop } from '../../../../src/ssh/types.ts';
import { type Key, makeKey } from '../../../support/keys.ts';
import { type Sshd, startSshd } from '../../../support/sshd.ts';
import { tempDir } from '../../../support/temp-home.ts';
import { settles } from '../../forwards/support.ts';
import { hopOf } from '../../session/dial.ts';
import { closeAll, type Hops, linksOver, wayOf } from './place.ts';

const MIB = 1024 * 1024;
/** On each of two connections. In an ordinary run little, with keys that last 1 MB; with SOAK what keys of 64 MB need. */
export const isSoak = Boolean(process.env['SOAK']);
const EACH_WAY = (isSoak ? 80 : 6) * MIB;
const LIMIT_MB = isSoak ? 64 : 1;

type Kind = { readonly cipher: string; readonly mac: string | null };
export const KINDS: readonly Kind[] = [
  { cipher: 'aes128-gcm@openssh.com', mac: null },
  { cipher: 'aes256-gcm@openssh.com', mac: null },
  { cipher: 'chacha20-poly1305@openssh.com', mac: null },
  { cipher: 'aes128-ctr', mac: 'hmac-sha2-256-etm@openssh.com' },
  { cipher: 'aes128-ctr', mac: 'hmac-sha2-256' },
];

let sshd: Sshd;
let key: Key;

const hopWith = ({ cipher, mac }: Kind): Promise<ResolvedHop> =>
  hopOf(
    sshd,
    {
      rekey: { bytes: LIMIT_MB * MIB, seconds: null },
      algorithms: { ...DEFAULT_OPTIONS.algorithms, ciphers: [cipher], macs: mac === null ? null : [mac] },
    },
    key,
  );

async function digestOf(stream: Socket): Promise<string> {
  const hash = createHash('sha256');
  stream.on('data', (chunk: Buffer) => hash.update(chunk));
  await once(stream, 'end');
  return hash.digest('hex');
}

/** Different bytes all the way, so that a block that is left out, doubled or moved shows. */
async function pour(stream: Socket): Promise<string> {
  const hash = createHash('sha256');
  const block = randomBytes(96 * 1024);
  for (let sent = 0; sent < EACH_WAY; sent += block.length) {
    block.writeUInt32BE(sent);
    const copy = Buffer.from(block);
    hash.update(copy);
    if (!stream.write(copy)) await once(stream, 'drain');
  }
  stream.end();
  return hash.digest('hex');
}

/** Both ways at the same time, over two connections at once. */
async function bothWays(link: LiveLink): Promise<{ readonly sent: string[]; readonly got: string[] }> {
  const targets: Socket[] = [];
  const way = await wayOf('local', link, (socket) => void targets.push(socket));
  const clients = [await way.connect(), await way.connect()];
  await settles(() => targets.length === 2, 'the targets to be reached');
  const got = [...clients, ...targets].map(digestOf);
  const sent = await Promise.all([...clients, ...targets].map(pour));
  return { sent: sent.toSorted(), got: (await Promise.all(got)).toSorted() };
}

const exchanges = (): number => sshd.log().match(/SSH2_MSG_NEWKEYS received/g)?.length ?? 0;

type RekeyWay = { readonly name: string; readonly kinds: readonly Kind[]; data(): DataShared | null };

export const newData = (): DataShared => sharedData(WINDOW_LIMITS, new Batches());

/** Hashed bytes both ways at once while server and client, each by its own limit, exchange keys anew; one hop and two. */
export function keysChangeUnderLoad(ways: readonly RekeyWay[]): void {
  beforeAll(async () => {
    [sshd, key] = await Promise.all([startSshd({ config: [`RekeyLimit ${LIMIT_MB}M`] }), makeKey(tempDir())]);
  });
  afterAll(() => sshd.stop());

  describe.each(ways)('$name', ({ kinds, data }) => {
    describe.each(kinds)('with $cipher $mac', (kind) => {
      test.each([1, 2] as const)(
        'loses nothing of what goes both ways while both sides exchange keys anew, over %i hop(s)',
        async (hops: Hops) => {
          const before = exchanges();
          const links = await linksOver(await hopWith(kind), { hops, data: data() });
          const { sent, got } = await bothWays(links.at(-1) as LiveLink);
          expect(got).toEqual(sent);
          expect(exchanges() - before).toBeGreaterThan(hops * (EACH_WAY / MIB / LIMIT_MB));
          expect(links.map(({ cipher }) => cipher)).toEqual(links.map(() => kind.cipher));
          await closeAll(links);
        },
        isSoak ? 600_000 : 60_000,
      );
    });
  });
}
