import { chmodSync, cpSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { builtCommand } from '../support/built-command.ts';
import { freePort } from '../support/free-port.ts';
import { makeLab } from '../support/lab.ts';
import { isRoot } from '../support/run.ts';
import { snapshot, untilTunnel } from '../support/status.ts';
import { tempDir } from '../support/temp-home.ts';
import { until } from '../support/until.ts';

afterEach(() => vi.unstubAllEnvs());

describe.runIf(isRoot)('an installation whose packages lie behind a symbolic link', () => {
  test('connects again with the supervisor that follows a killed one', async () => {
    await builtCommand();
    const folder = tempDir();
    chmodSync(folder, 0o755);
    cpSync('dist', join(folder, 'dist'), { recursive: true });
    cpSync('package.json', join(folder, 'package.json'));
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    vi.stubEnv('TUNNELS_TEST_BIN', join(folder, 'dist/tunnels.js'));
    const lab = await makeLab();
    try {
      lab.profile('t', [`{ name: hook, remote: ${await freePort()}, to: "localhost:1" }`], { hops: lab.oneHop });
      expect((await lab.cli.run(['up', 't'])).code).toBe(0);
      const pid = (await snapshot(lab.cli)).supervisor?.pid ?? 0;
      process.kill(pid, 'SIGKILL');
      await until(async () => ((await snapshot(lab.cli)).supervisor?.pid ?? pid) !== pid, { what: 'another supervisor' });
      await untilTunnel(lab.cli, 't', ({ state, because }) => {
        expect(because?.code).not.toBe('internal');
        return state === 'up';
      });
    } finally {
      await lab.dispose();
    }
  });
});
