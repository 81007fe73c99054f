import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { makeKey } from '../support/keys.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { commandOf } from '../support/proc.ts';
import { isRoot, must } from '../support/run.ts';
import { snapshot, statusOf, untilTunnel } from '../support/status.ts';
import { tempDir } from '../support/temp-home.ts';
import { until } from '../support/until.ts';

describe.runIf(isRoot)('a server that refuses the login', () => {
  const parts = {} as { lab: Lab };
  beforeAll(async () => {
    parts.lab = await makeLab();
    const { lab } = parts;
    for (const name of ['a', 'b', 'c']) lab.profile(name, [`{ local: ${await freePort()}, to: "127.0.0.1:1" }`], { hops: lab.oneHop });
  });
  afterAll(() => parts.lab?.dispose());

  const supervisors = (): number[] => parts.lab.cli.processes().filter((pid) => commandOf(pid).startsWith(`${process.execPath} `));
  const logins = (): number => parts.lab.bastion.log().match(/Connection from /g)?.length ?? 0;
  const because = async (name: string): Promise<string | undefined> => (await statusOf(parts.lab.cli, name)).because?.code;

  test('is asked twice at most while nobody acts, however often the supervisor is killed and comes back', async () => {
    const { cli, bastion, key } = parts.lab;
    const { code } = await cli.run(['up', 'a', 'b', 'c']);
    expect(code).toBe(0);
    await replaceKey(key.path);
    const before = logins();
    bastion.killSession();
    await Promise.all(['a', 'b', 'c'].map((name) => untilTunnel(cli, name, ({ state }) => state === 'blocked')));
    for (let killed = 0; killed < 3; killed += 1) {
      const [pid] = supervisors();
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      await until(async () => supervisors().some((one) => one !== pid) && (await snapshot(cli)).supervisor !== null, {
        what: 'the next supervisor',
      });
      await Promise.all(['a', 'b', 'c'].map((name) => untilTunnel(cli, name, ({ state }) => state === 'blocked')));
    }
    expect(logins() - before).toBe(2);
    expect(await because('a')).toBe('login-held-back');
  });

  test('is asked again when a person says so', async () => {
    const { cli, bastion, key } = parts.lab;
    const before = logins();
    const refused = await cli.run(['restart', 'a']);
    expect([refused.code, logins() - before]).toEqual([4, 1]);
    expect(refused.stderr).toContain('refused the login');
    bastion.authorize(await must('ssh-keygen', ['-y', '-f', key.path]));
    expect((await cli.run(['restart', 'a', 'b', 'c'])).code).toBe(0);
  });
});

/** A key that no server knows, under the same name and with the same owner. */
async function replaceKey(path: string): Promise<void> {
  const other = await makeKey(tempDir());
  await must('cp', ['--no-preserve=ownership', other.path, path]);
  await must('cp', ['--no-preserve=ownership', `${other.path}.pub`, `${path}.pub`]);
}
