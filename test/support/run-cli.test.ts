import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isAlive } from './proc.ts';
import { isRoot } from './run.ts';
import { makeCli } from './run-cli.ts';
import { tempDir, tempHome } from './temp-home.ts';
import { makeUser } from './users.ts';

/** Stands for the command: tells what it sees, or goes on for ever as a supervisor does. */
const script = `#!/bin/sh
case "$1" in
  json) echo "{\\"home\\": \\"$TUNNELS_HOME\\", \\"uid\\": $(id -u), \\"secret\\": \\"$SECRET\\"}" ;;
  talk) echo no document; echo said >&2; exit 3 ;;
  run) echo running; exec sleep 600 ;;
esac`;

beforeEach(() => {
  const dir = tempDir();
  chmodSync(dir, 0o755);
  writeFileSync(join(dir, 'tunnels'), script, { mode: 0o755 });
  vi.stubEnv('TUNNELS_TEST_BIN', join(dir, 'tunnels'));
  vi.stubEnv('SECRET', 'of the caller');
});
afterEach(() => vi.unstubAllEnvs());

describe('the runner of the command', () => {
  test('gives code, streams and the JSON document, and shows the command no environment but its own', async () => {
    const home = tempHome();
    const cli = await makeCli({ home });
    const ran = await cli.run(['json']);
    expect(ran.json()).toEqual({ home: home.tunnelsHome, uid: process.getuid?.(), secret: '' });
    const talk = await cli.run(['talk']);
    expect(talk).toMatchObject({ code: 3, stdout: 'no document\n', stderr: 'said\n' });
    expect(() => talk.json()).toThrow('gave no JSON document');
    await cli.dispose();
  });

  test('ends what still runs for its home, and nothing of another home', async () => {
    const [cli, other] = [await makeCli({ home: tempHome() }), await makeCli({ home: tempHome() })];
    const [mine, theirs] = [cli.spawn(['run']), other.spawn(['run'])];
    await Promise.all([mine.waitFor(/running/), theirs.waitFor(/running/)]);
    expect(cli.processes()).toEqual([mine.pid]);
    await cli.dispose();
    expect([mine.pid, theirs.pid].map(isAlive)).toEqual([false, true]);
    await other.dispose();
  });

  test.runIf(isRoot)('runs as another user, who owns the home', async () => {
    const user = await makeUser();
    const home = tempHome({ owner: user });
    const cli = await makeCli({ home, as: user });
    expect((await cli.run(['json'])).json()).toMatchObject({ uid: user.uid });
    expect(statSync(home.profile('db', 'forwards: []\n')).uid).toBe(user.uid);
    await cli.dispose();
    await user.remove();
  });
});
