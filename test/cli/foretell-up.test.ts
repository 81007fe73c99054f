import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { foretellUp } from '../../src/cli/foretell-up.ts';
import { pathsFor } from '../../src/platform/paths.ts';
import { tempDir } from '../support/temp-home.ts';

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** Whoever listens at the supervisor's socket of that environment. */
async function listening(env: Readonly<Record<string, string>>) {
  const heard: string[] = [];
  const { runtime, socket } = pathsFor(env);
  mkdirSync(runtime, { recursive: true });
  const server = createServer((client) => {
    ends.push(() => client.destroy());
    client.on('error', () => {}).on('data', (data) => void heard.push(String(data)));
  }).listen(socket);
  ends.push(() => server.close());
  await once(server, 'listening');
  const connected = once(server, 'connection');
  return { heard, connected };
}
const bodyOf = (request: string | undefined): unknown => JSON.parse(request?.split('\r\n\r\n')[1] ?? 'null');
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('before `up` reads its profiles', () => {
  test.each<[string, (home: string) => Record<string, string>]>([
    ['TUNNELS_HOME', (home) => ({ TUNNELS_HOME: home })],
    ['the state of a home', (home) => ({ HOME: home })],
    ['XDG_STATE_HOME', (home) => ({ HOME: '/nonexistent', XDG_STATE_HOME: home })],
  ])('the supervisor in %s has heard of the tunnels', async (_, envOf) => {
    const env = envOf(tempDir());
    const { heard, connected } = await listening(env);
    await foretellUp({ argv: ['up', 'db-prod', '--wait', '5', 'web'], env });
    await connected;
    await turns();
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatch(/^POST \/v1\/foretell HTTP\/1\.0\r\n/);
    expect(bodyOf(heard[0])).toEqual({ names: ['db-prod', '5', 'web'] });
  });

  test.each([
    ['another command', ['down', 'db']],
    ['no command', []],
    ['no names', ['up', '--no-wait']],
    ['help', ['up', 'db', '--help']],
    ['a supervisor of its own', ['up', 'db', '--foreground']],
  ])('nothing is said for %s', async (_, argv) => {
    const env = { TUNNELS_HOME: tempDir() };
    const { heard } = await listening(env);
    await foretellUp({ argv, env });
    await turns();
    expect(heard).toEqual([]);
  });

  test.each<[string, Record<string, string>]>([
    ['no supervisor', { TUNNELS_HOME: '/nonexistent' }],
    ['no home', {}],
    ['a path that is too long for a socket', { TUNNELS_HOME: join('/tmp', 'x'.repeat(200)) }],
  ])('%s is left to the command itself', async (_, env) => {
    await foretellUp({ argv: ['up', 'db'], env });
    await turns();
  });

  test('the socket is looked for where the command finds it', () => {
    expect(pathsFor({ HOME: '/h' }).socket).toBe(`/h/.local/state/tunnels/run/${hostname()}/supervisor.sock`);
  });
});
