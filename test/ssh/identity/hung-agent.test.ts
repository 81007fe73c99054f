import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fakeClock } from '../../support/fake-clock.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { until } from '../../support/until.ts';
import { required } from './hop.ts';
import { hopAt, logIn, personWho } from './log-in.ts';

const dir = tempDir();
const agent = join(dir, 'agent');
const heard: Socket[] = [];
let sshd: Sshd;
let key: Key;
beforeAll(async () => {
  const hung = createServer((socket) => void socket.once('data', () => heard.push(socket))).listen(agent);
  await once(hung, 'listening');
  [sshd, key] = await Promise.all([startSshd(), makeKey(dir, { name: 'key' })]);
  sshd.authorize(key.publicLine);
  afterAll(() => void hung.close());
});
afterAll(() => sshd.stop());

describe('an agent that takes the question and never answers', () => {
  test.each([
    ['where nobody is there', undefined],
    ['where somebody could be asked', personWho(() => null)],
  ])('is left after five seconds for the file, and its time is not the server’s: %s', async (_, person) => {
    const clock = fakeClock();
    const before = heard.length;
    const done = logIn(hopAt(sshd, { agent, identities: required(key.path), connectTimeoutMs: 1_000 }), person, clock);
    // The server has taken the connection: nothing is waited for but the agent.
    await until(() => heard.length > before && clock.pending().length === 1, { what: 'the agent to be asked' });
    expect(clock.pending()).toEqual([5_000]);
    await clock.advance(5_000);
    expect(await done).toBeNull();
  });
});
