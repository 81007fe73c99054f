import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pathsFor } from '../../src/platform/paths.ts';
import { checkSocketPath, MAX_SOCKET_PATH } from '../../src/platform/socket-path.ts';

describe('paths', () => {
  test('are all under TUNNELS_HOME where it is set', () => {
    expect(pathsFor({ HOME: '/home/ann', XDG_STATE_HOME: '/s', TUNNELS_HOME: '/t' })).toEqual({
      config: '/t',
      profiles: '/t/profiles',
      state: '/t',
      logs: '/t/logs',
      runtime: '/t',
      socket: '/t/supervisor.sock',
    });
  });

  test('follow XDG, with a runtime directory for each machine that shares the home', () => {
    const paths = pathsFor({ HOME: '/home/ann', XDG_CONFIG_HOME: '/c', XDG_RUNTIME_DIR: '/run/user/1' });
    expect(paths.profiles).toBe('/c/tunnels/profiles');
    expect(paths.state).toBe('/home/ann/.local/state/tunnels');
    expect(paths.socket).toBe(`/home/ann/.local/state/tunnels/run/${hostname()}/supervisor.sock`);
  });

  test('are absolute, and relative XDG directories are ignored', () => {
    expect(pathsFor({ TUNNELS_HOME: 'here' }).socket).toBe(join(process.cwd(), 'here', 'supervisor.sock'));
    expect(pathsFor({ HOME: '/home/ann', XDG_CONFIG_HOME: 'c' }).config).toBe('/home/ann/.config/tunnels');
  });

  test.each([{}, { HOME: '' }, { HOME: '', TUNNELS_HOME: '' }])('come from the password database with %j', (env) => {
    expect(pathsFor(env).config).toBe(join(userInfo().homedir, '.config', 'tunnels'));
  });
});

test('a socket path is measured in bytes, and the longest that fits is taken', () => {
  expect(() => checkSocketPath('x'.repeat(MAX_SOCKET_PATH))).not.toThrow();
  expect(() => checkSocketPath('x'.repeat(MAX_SOCKET_PATH + 1))).toThrow('socket-path-too-long');
  expect(() => checkSocketPath('ü'.repeat(Math.ceil((MAX_SOCKET_PATH + 1) / 2)))).toThrow('socket-path-too-long');
});
