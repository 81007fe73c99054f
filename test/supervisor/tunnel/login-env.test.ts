import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import { loginEnv } from '../../../src/supervisor/tunnel/login-env.ts';
import { startAgent } from '../../support/keys.ts';
import { tempDir } from '../../support/temp-home.ts';

const dir = tempDir();
const servers: Server[] = [];
const listening = async (path: string): Promise<string> => {
  const server = createServer((socket) => socket.on('error', () => {}).destroy());
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return path;
};
let live: string, dead: string;
const absent = join(dir, 'absent');
const runtime = join(dir, 'run');
beforeAll(async () => {
  mkdirSync(runtime);
  live = await listening(join(dir, 'live'));
  const killed = await startAgent();
  dead = killed.socket;
  await killed.stop('SIGKILL');
});
afterAll(() => servers.forEach((server) => server.close()));

const agentOf = async (agent: string | undefined, own: string | undefined): Promise<string | undefined> => {
  const env = { HOME: '/home/ann', XDG_RUNTIME_DIR: runtime, ...(own !== undefined && { SSH_AUTH_SOCK: own }) };
  const { SSH_AUTH_SOCK: chosen, ...rest } = await loginEnv(env, { agent, clock: systemClock });
  expect(rest).toEqual({ HOME: '/home/ann', XDG_RUNTIME_DIR: runtime });
  return chosen;
};

describe('the agent that a login is made with', () => {
  test('is that of the command that asked, as long as somebody listens there', async () => {
    const own = await listening(join(dir, 'own'));
    expect(await agentOf(live, own)).toBe(live);
    expect(await agentOf(undefined, own)).toBe(own);
    for (const gone of [absent, dead, dir]) expect(await agentOf(gone, own)).toBe(own);
  });

  test('stays the one that was meant where none is alive, so that the problem names it', async () => {
    expect(await agentOf(dead, absent)).toBe(dead);
    expect(await agentOf(undefined, absent)).toBe(absent);
  });

  test('is none where none was ever named, whatever runs', async () => {
    const elsewhere = join(dir, 'elsewhere');
    mkdirSync(elsewhere);
    await listening(join(elsewhere, 'openssh_agent'));
    const env = { XDG_RUNTIME_DIR: elsewhere };
    expect(await loginEnv(env, { agent: undefined, clock: systemClock })).toEqual(env);
  });

  test('is the one at its fixed place in the user’s session where the named ones have ended, and only if it is alive', async () => {
    writeFileSync(join(runtime, 'openssh_agent'), 'no socket');
    expect(await agentOf(dead, absent)).toBe(dead);
    const unit = await listening(join(runtime, 'ssh-agent.socket'));
    expect(await agentOf(dead, absent)).toBe(unit);
    expect(await agentOf(dead, live)).toBe(live);
  });
});
