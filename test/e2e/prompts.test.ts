import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DoctorReport } from '../../src/model/finding.ts';
import type { Prompts } from '../../src/model/prompt.ts';
import { type Target, startTarget } from '../support/echo-server.ts';
import { freePort, isFree } from '../support/free-port.ts';
import { makeKey } from '../support/keys.ts';
import { type Cli, makeCli } from '../support/run-cli.ts';
import { isRoot, must } from '../support/run.ts';
import { type Sshd, startSshd } from '../support/sshd.ts';
import { statusOf, untilTunnel } from '../support/status.ts';
import { type TempHome, tempDir, tempHome } from '../support/temp-home.ts';
import { openTerminal } from '../support/terminal.ts';
import { makeUser } from '../support/users.ts';

const SECRET = 'correct-horse-4711';

/** An account with a password, and a server that takes nothing else; a supervisor of its own for each test. */
describe.runIf(isRoot)('a login that asks a person', () => {
  const parts = {} as { user: Awaited<ReturnType<typeof makeUser>>; sshd: Sshd; echo: Target };
  const each = {} as { home: TempHome; cli: Cli; port: number };
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const [user, echo] = await Promise.all([makeUser(), startTarget()]);
    await must('chpasswd', [], { input: `${user.name}:${SECRET}\n` });
    const sshd = await serverOf(user, 'PasswordAuthentication yes');
    Object.assign(parts, { user, echo, sshd });
  });
  afterAll(async () => {
    await Promise.all([parts.sshd?.stop(), parts.echo?.stop()]);
    await parts.user?.remove();
  });
  beforeEach(async () => {
    const home = tempHome();
    Object.assign(each, { home, cli: await makeCli({ home }), port: await freePort() });
    profile('db', parts.sshd);
  });
  afterEach(async () => {
    await each.cli.dispose();
    for (const end of ends.splice(0).toReversed()) await end();
  });

  const serverOf = ({ name, home }: { name: string; home: string }, ...config: string[]) => startSshd({ user: { name, home }, config });
  function profile(name: string, sshd: Sshd, hop = `hostKey: "${sshd.hostKey.fingerprint}"`): void {
    const lines = [`{ host: 127.0.0.1, port: ${sshd.port}, user: ${parts.user.name}, ${hop} }`];
    each.home.profile(name, `hops: [${lines.join()}]\nforwards: [{ name: echo, local: ${each.port}, to: "${parts.echo.to}" }]\n`);
  }
  const prompts = async () => (await each.cli.run(['answer', '--json'])).json<Prompts>().prompts;
  const everythingKept = (): string =>
    readdirSync(each.home.home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
      .join('\n');

  test('ends `up` without a terminal with 4 and the command to run, keeps its port, and goes on once it is answered', async () => {
    const up = await each.cli.run(['up', 'db']);
    expect(up.code, up.stderr).toBe(4);
    expect(up.stderr).toContain('tunnels answer 1');
    expect(await statusOf(each.cli, 'db')).toMatchObject({ state: 'blocked', prompt: '1', because: { code: 'prompt-waiting' } });
    expect(await isFree(each.port)).toBe(false);
    for (const command of ['status', 'list']) {
      const { stdout, stderr } = await each.cli.run([command]);
      expect(stdout + stderr).toContain('tunnels answer 1');
    }
    expect(await prompts()).toMatchObject([{ id: '1', is: 'password', tunnels: ['db'] }]);
    const answered = await each.cli.run(['answer', '--stdin'], { input: `${SECRET}\n` });
    expect(answered.code, answered.stderr).toBe(0);
    expect(await statusOf(each.cli, 'db')).toMatchObject({ state: 'up', because: null });
    expect(await prompts()).toEqual([]);
    expect(everythingKept()).not.toContain(SECRET);
  });

  test('is asked on the terminal by `up`, unseen, again when it was wrong, and that time does not count', async () => {
    const terminal = await openTerminal(each.cli.line(['up', 'db', '--wait', '5'], { env: { TERM: 'screen-256color' } }));
    ends.push(() => terminal.close());
    await terminal.waitFor(/\? db: Password of .*\nPassword:/);
    await terminal.press('wrong-one', 'Enter');
    await terminal.waitFor(/The last answer was wrong\.\nPassword:/);
    await terminal.press(SECRET, 'Enter');
    const end = await terminal.waitFor(/ended with 0/);
    expect(end).toContain(`127.0.0.1:${each.port}`);
    expect(end).not.toMatch(/wrong-one|correct-horse/);
  });

  test('is no error to the doctor, who names the command, asks nobody, and finds the hop reached once it is answered', async () => {
    const reached = async () => {
      const { code, ...ran } = await each.cli.run(['doctor', 'db', '--json']);
      return { code, of: ran.json<DoctorReport>().findings.find(({ check }) => check === 'reachable') };
    };
    const before = await reached();
    expect(before).toMatchObject({ code: 0, of: { severity: 'warning', what: expect.stringContaining('the password of') } });
    expect(before.of?.fix).toContain('tunnels up db');
    expect(await prompts()).toEqual([]);
    expect((await each.cli.run(['up', 'db'])).code).toBe(4);
    expect((await reached()).of?.fix).toContain('tunnels answer 1');
    expect((await each.cli.run(['answer', '--stdin'], { input: `${SECRET}\n` })).code).toBe(0);
    expect(await reached()).toMatchObject({ code: 0, of: { severity: 'ok' } });
  });

  test('leaves the terminal as it was at Ctrl-C, and the question open', async () => {
    const line = `(${each.cli.line(['up', 'db'], { env: { TERM: 'screen-256color' } })}); code=$?; stty -a | grep -ow -e '-\\?echo' -e '-\\?icanon'; exit $code`;
    const terminal = await openTerminal(line);
    ends.push(() => terminal.close());
    await terminal.waitFor(/\nPassword:/);
    await terminal.press('C-c');
    const end = await terminal.waitFor(/ended with 130/);
    expect(end).toMatch(/^icanon$/m);
    expect(end).toMatch(/^echo$/m);
    expect(await prompts()).toHaveLength(1);
  });

  test('outlives the login that its server has ended, and the answer begins the next one', async () => {
    const hasty = await serverOf(parts.user, 'PasswordAuthentication yes', 'LoginGraceTime 2');
    ends.push(() => hasty.stop());
    profile('hasty', hasty);
    expect((await each.cli.run(['up', 'hasty'])).code).toBe(4);
    await untilTunnel(each.cli, 'hasty', ({ hops }) => hops[0]?.state === 'down');
    expect(await isFree(each.port)).toBe(false);
    const [asked] = await prompts();
    expect(asked).toMatchObject({ id: '1', tunnels: ['hasty'] });
    const answered = await each.cli.run(['answer', '1', '--stdin'], { input: `${SECRET}\n` });
    expect(answered.code, answered.stderr).toBe(0);
  });

  test('is answered once for two tunnels that share the hop', async () => {
    each.home.profile(
      'two',
      readFileSync(join(each.home.tunnelsHome, 'profiles', 'db.yaml'), 'utf8').replace(String(each.port), String(await freePort())),
    );
    expect((await each.cli.run(['up', 'db', 'two'])).code).toBe(4);
    expect(await prompts()).toMatchObject([{ tunnels: ['db', 'two'] }]);
    const answered = await each.cli.run(['answer', '--stdin', '--remember'], { input: `${SECRET}\n` });
    expect(answered.code, answered.stderr).toBe(0);
    parts.sshd.killSession();
    for (const name of ['db', 'two']) await untilTunnel(each.cli, name, ({ state, reconnects }) => state === 'up' && reconnects > 0);
    expect(everythingKept()).not.toContain(SECRET);
  });

  test('is asked on the terminal of a supervisor in the foreground as well, where Ctrl-C ends it', async () => {
    const terminal = await openTerminal(each.cli.line(['up', 'db', '--foreground'], { env: { TERM: 'screen-256color' } }));
    ends.push(() => terminal.close());
    await terminal.waitFor(/\? db: Password of/);
    await terminal.press('wrong-one', 'Enter');
    await terminal.waitFor(/The last answer was wrong\.\nPassword:/);
    await terminal.press('C-c');
    expect(await terminal.waitFor(/ended with 0/)).not.toContain('wrong-one');
    expect(await isFree(each.port)).toBe(true);
  });

  test('is taken to the program of SSH_ASKPASS where there is a display and no terminal', async () => {
    const program = each.home.write('askpass', `#!/bin/sh\nprintf '%s' "$1" > ${each.home.home}/asked\necho ${SECRET}\n`, 0o700);
    const up = await each.cli.run(['up', 'db'], { env: { SSH_ASKPASS: program, DISPLAY: ':9' } });
    expect(up.code, up.stderr).toBe(0);
    expect(readFileSync(join(each.home.home, 'asked'), 'utf8')).toBe(`${parts.user.name}@127.0.0.1's password: `);
  });

  test('does not hold up the doctor, who asks nobody', async () => {
    expect((await each.cli.run(['up', 'db'])).code).toBe(4);
    for (const state of ['asked by the tunnel', 'asked by nobody']) {
      const { stdout } = await each.cli.run(['doctor', 'db']);
      expect(stdout, state).toContain(`the password of ${parts.user.name}`);
      await each.cli.run(['down', 'db']);
      expect(await prompts()).toEqual([]);
    }
  });

  test('about a new host key is answered with yes, which is known from then on', async () => {
    const dir = tempDir();
    const key = await makeKey(dir);
    chmodSync(dir, 0o755);
    const server = await serverOf(parts.user);
    ends.push(() => server.stop());
    server.authorize(key.publicLine);
    const known = join(each.home.home, 'known');
    writeFileSync(known, '');
    each.home.write('config', `Host *\n  UserKnownHostsFile ${known}\n  GlobalKnownHostsFile none\n  StrictHostKeyChecking ask\n`);
    const args = [
      'up',
      '-F',
      join(each.home.home, 'config'),
      '-i',
      key.path,
      '-p',
      String(server.port),
      '-L',
      `${each.port}:${parts.echo.to}`,
    ];
    const up = await each.cli.run([...args, '--name', 'new', `${parts.user.name}@127.0.0.1`]);
    expect(up.code, up.stderr).toBe(4);
    expect(await prompts()).toMatchObject([{ is: 'host-key', about: { port: server.port } }]);
    const answered = await each.cli.run(['answer', 'new', '--stdin'], { input: 'perhaps\nyes\n' });
    expect(answered.code, answered.stderr).toBe(0);
    expect(answered.stderr).toContain('The answer does not fit');
    expect(readFileSync(known, 'utf8')).toContain(server.hostKey.publicLine.split(' ')[1]);
  });
});
