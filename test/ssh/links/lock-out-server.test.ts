import { createConnection } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Problem, problemOf } from '../../../src/model/problem.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { Links } from '../../../src/ssh/links/links.ts';
import { forgetfulRefusals } from '../../../src/ssh/links/lock-outs.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { openssh10 } from '../../support/openssh10.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { until } from '../../support/until.ts';
import { required } from '../identity/hop.ts';
import { hopAt } from '../identity/log-in.ts';

const dir = tempDir();
let good: Key, bad: Key;
beforeAll(async () => {
  [good, bad] = await Promise.all([makeKey(dir, { name: 'good' }), makeKey(dir, { name: 'bad' })]);
});
const started: Sshd[] = [];
afterAll(async () => {
  for (const server of started) await server.stop();
});

async function start(options: Parameters<typeof startSshd>[0] = {}): Promise<Sshd> {
  const server = await startSshd(options);
  server.authorize(good.publicLine);
  started.push(server);
  return server;
}

/** Real time, but for a wall clock that can be put forward. */
function skewedClock() {
  let skew = 0;
  return { ...systemClock, now: () => Date.now() + skew, forward: (ms: number) => void (skew += ms) };
}

let tunnels = 0;
/** What one more tunnel meets on its way to a hop, with nothing shared but what `links` knows; null: it is in. */
async function oneTunnel(links: Links, hop: ResolvedHop, byPerson = false): Promise<Problem | null> {
  tunnels += 1;
  const route = { hops: [hop], keepalive: { intervalMs: 60_000 + tunnels, countMax: 3 } };
  try {
    const lease = await links.lease(route, new AbortController().signal, { byPerson });
    await lease.release('for-good');
    return null;
  } catch (error) {
    return problemOf(error);
  }
}

const connectionsIn = (log: string): number => log.match(/Connection from /g)?.length ?? 0;

describe('a login that is refused', () => {
  test('reaches the server twice, however many tunnels want it and however often the supervisor begins anew', async () => {
    const server = await start();
    const refusals = forgetfulRefusals();
    const hop = hopAt(server, { identities: required(bad.path) });
    const codes: unknown[] = [];
    for (let supervisor = 0; supervisor < 3; supervisor += 1) {
      const links = new Links({ clock: systemClock, onChange: () => {}, refusals });
      for (let tunnel = 0; tunnel < 3; tunnel += 1) codes.push((await oneTunnel(links, hop))?.code);
    }
    expect(codes).toEqual(['login-refused', 'login-refused', ...Array<string>(7).fill('login-held-back')]);
    expect(connectionsIn(server.log())).toBe(2);
  });

  test('is tried again when a person asks, and once it succeeds nothing is held against it', async () => {
    const server = await start();
    const links = new Links({ clock: systemClock, onChange: () => {} });
    const hop = hopAt(server, { identities: required(bad.path) });
    for (let tunnel = 0; tunnel < 3; tunnel += 1) await oneTunnel(links, hop);
    server.authorize(bad.publicLine);
    expect(await oneTunnel(links, hop)).toMatchObject({ code: 'login-held-back' });
    expect(await oneTunnel(links, hop, true)).toBeNull();
    expect(await oneTunnel(links, hop)).toBeNull();
  });
});

const openssh = await openssh10();

describe.skipIf(openssh === null)('PerSourcePenalties of OpenSSH 10', () => {
  test('are waited out by every tunnel: nobody knocks within the penalty, and somebody comes back after it', async () => {
    const config = ['PerSourcePenalties authfail:4s min:1s', 'PerSourcePenaltyExemptList none'];
    const server = await start({ binary: openssh?.binary ?? '', config: [...config, ...(openssh?.config ?? [])] });
    const clock = skewedClock();
    const links = new Links({ clock, onChange: () => {} });
    expect(await oneTunnel(links, hopAt(server, { identities: required(bad.path) }))).toMatchObject({ code: 'login-refused' });

    const other = hopAt(server, { identities: required(good.path) });
    await until(async () => (await greetingOf(server)).startsWith('Not allowed'), { what: 'the penalty to begin' });
    const turnedAway = await oneTunnel(links, other);
    expect(turnedAway).toMatchObject({ code: 'turned-away', facts: { said: 'Not allowed at this time', sign: 'penalty', ms: 100_000 } });
    const drops = dropsIn(server.log());
    expect(await oneTunnel(links, other)).toMatchObject({ code: 'turned-away' });
    expect(dropsIn(server.log())).toBe(drops);

    await until(async () => (await greetingOf(server)).startsWith('SSH-'), { what: 'the penalty to end' });
    clock.forward(100_000);
    expect(await oneTunnel(links, other)).toBeNull();
  });
});

const dropsIn = (log: string): number => log.match(/drop connection/g)?.length ?? 0;

function greetingOf(server: Sshd): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: server.host, port: server.port });
    socket.once('error', reject).once('data', (data) => {
      socket.destroy();
      resolve(data.toString('latin1'));
    });
  });
}
