import fc from 'fast-check';
import ssh2 from 'ssh2';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startEmbeddedServer } from '../../../src/ssh/embedded/server.ts';
import { readKexInit } from '../../../src/ssh/extensions/kexinit.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { type OpenSsh10, openssh10 } from '../../support/openssh10.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { dial, hopOf, problemOfDial } from '../session/dial.ts';
import { type Change, tamperWith } from '../session/tamper.ts';

let ten: OpenSsh10 | null = null;
let user: Key;
beforeAll(async () => {
  [ten, user] = await Promise.all([openssh10(), makeKey(tempDir())]);
}, 300_000);

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function start(config: readonly string[], binary = '/usr/sbin/sshd'): Promise<Sshd> {
  const sshd = await startSshd({ binary, config });
  ends.push(() => sshd.stop());
  return sshd;
}

async function through(sshd: Sshd, change: { server?: Change; client?: Change }, over: Partial<ResolvedHop> = {}): Promise<ResolvedHop> {
  const relay = await tamperWith(sshd.port, change);
  ends.push(relay.stop);
  return await hopOf(sshd, { port: relay.port, ...over }, user);
}

const [IGNORE, KEXINIT, REPLY] = [2, 20, 31];

describe('strict key exchange', () => {
  test('is asked for, and with a real server no message may slip in before or between', async () => {
    const sshd = await start([]);
    const offered: (readonly string[])[] = [];
    const client = (payload: Buffer) => {
      if (payload[0] === KEXINIT) offered.push(readKexInit(payload)?.kex ?? []);
      return [payload];
    };
    expect(await problemOfDial(await through(sshd, { client }))).toBe(null);
    expect(offered).toEqual([expect.arrayContaining(['kex-strict-c-v00@openssh.com', 'ext-info-c'])]);
    const ignored = Buffer.of(IGNORE, 0, 0, 0, 0);
    for (const before of [KEXINIT, REPLY]) {
      const server = (payload: Buffer) => (payload[0] === before ? [ignored, payload] : [payload]);
      expect(await problemOfDial(await through(sshd, { server }))).toMatchObject({ code: 'handshake-failed' });
    }
  });

  test('is not insisted on', async () => {
    const server = await startEmbeddedServer({ port: 0, user: 'ann', authorizedKey: user.publicLine });
    ends.push(() => server.close());
    const seen = connectionsOfSsh2(dropStrict);
    ends.push(seen.undo);
    const pins = { alias: null, userFiles: [], systemFiles: [], pins: [server.fingerprint] };
    const hop = { ...(await hopOf(await start([]), {}, user)), port: server.port, user: 'ann', knownHosts: pins };
    const link = await dial(hop);
    await link.ping();
    expect(seen.protocols.length).toBe(1);
    await link.close(1_000);
  });
});

type Lists = { readonly kex: { readonly array: string[] } } & Record<string, unknown>;
type ServerProtocol = { _offer: { readonly lists: Lists }; _hostKeys: Record<string, unknown> };

/** Those of ssh2's own servers in this process, as they begin. */
function connectionsOfSsh2(change: (protocol: ServerProtocol) => void = () => {}) {
  const { Server } = ssh2;
  const emit = Server.prototype.emit;
  const protocols: ServerProtocol[] = [];
  Server.prototype.emit = function emitAfter(this: ssh2.Server, ...args: [string, ...unknown[]]) {
    if (args[0] === 'connection') {
      const { _protocol: protocol } = args[1] as { _protocol: ServerProtocol };
      protocols.push(protocol);
      change(protocol);
    }
    return emit.apply(this, args as never);
  } as typeof emit;
  return {
    protocols,
    undo: () => {
      Server.prototype.emit = emit;
    },
  };
}

/** Offers no strict key exchange, as servers from before 2023. */
function dropStrict(protocol: ServerProtocol): void {
  const { kex, cs, sc, serverHostKey } = protocol._offer.lists;
  const plain = (list: unknown) => (list as { array: string[] }).array;
  const way = (list: unknown) => Object.fromEntries(Object.entries(list as object).map(([name, entry]) => [name, plain(entry)]));
  const KexInit = protocol._offer.constructor as new (offer: unknown) => ServerProtocol['_offer'];
  const unlike = kex.array.filter((name) => !name.startsWith('kex-strict'));
  protocol._offer = new KexInit({ kex: unlike, serverHostKey: plain(serverHostKey), cs: way(cs), sc: way(sc) });
}

describe('a later key exchange', () => {
  test('with another host key than before ends the connection at once', async () => {
    const server = await startEmbeddedServer({ port: 0, user: 'ann', authorizedKey: user.publicLine });
    ends.push(() => server.close());
    const seen = connectionsOfSsh2();
    ends.push(seen.undo);
    const pins = { alias: null, userFiles: [], systemFiles: [], pins: [server.fingerprint] };
    const hop = { ...(await hopOf(await start([]), {}, user)), port: server.port, user: 'ann', knownHosts: pins };
    const link = await dial({ ...hop, rekey: { bytes: 20_000, seconds: null } });
    const other = ssh2.utils.parseKey(ssh2.utils.generateKeyPairSync('ed25519').private);
    for (const protocol of seen.protocols) protocol._hostKeys['ssh-ed25519'] = other;
    while ((await Promise.race([link.ping().then(() => null), link.lost])) === null);
    expect(await link.lost).toMatchObject({ code: 'link-closed' });
  });
});

describe('an answer that was changed on its way', () => {
  const changes = fc.oneof(
    fc.record({ at: fc.nat({ max: 4_000 }), bit: fc.nat({ max: 7 }) }),
    fc.record({ cut: fc.nat({ max: 4_000 }) }),
    fc.record({ at: fc.nat({ max: 4_000 }), insert: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
  );
  type How = { at?: number; bit?: number; cut?: number; insert?: Uint8Array };
  const changed = (payload: Buffer, { at = 0, bit, cut, insert }: How): Buffer => {
    // The message's number stays, or it would be another message.
    const place = 1 + (at % (payload.length - 1));
    if (cut !== undefined) return payload.subarray(0, 1 + (cut % (payload.length - 1)));
    if (insert !== undefined) return Buffer.concat([payload.subarray(0, place), insert, payload.subarray(place)]);
    const copy = Buffer.from(payload);
    copy[place]! ^= 1 << (bit ?? 0);
    return copy;
  };

  test.each(['mlkem768x25519-sha256', 'sntrup761x25519-sha512@openssh.com', 'curve25519-sha256'])(
    'never ends in a login, a crash or silence (%s)',
    async (kex) => {
      if (kex.startsWith('mlkem') && ten === null) return;
      const [binary, own] =
        kex.startsWith('mlkem') && ten ? [ten.binary, [...ten.config, 'PerSourcePenalties no']] : ['/usr/sbin/sshd', []];
      const sshd = await start([`KexAlgorithms ${kex}`, ...own], binary);
      let how: { readonly message: number; readonly change: How } | null = null;
      const server = (payload: Buffer) => [how !== null && payload[0] === how.message ? changed(payload, how.change) : payload];
      const hop = await through(sshd, { server }, { connectTimeoutMs: 2_000 });
      expect(await problemOfDial(hop)).toBe(null);
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(REPLY, REPLY, KEXINIT), changes, async (message, change) => {
          how = { message, change };
          expect((await problemOfDial(hop))?.code).toMatch(
            /^(handshake-failed|host-key-unknown|host-key-not-pinned|no-common-algorithm|handshake-timeout)$/,
          );
        }),
        { numRuns: 25 },
      );
    },
    60_000,
  );
});
