import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Prompts } from '../../src/model/prompt.ts';
import { type Key, makeKey } from '../support/keys.ts';
import { type Cli, makeCli } from '../support/run-cli.ts';
import { must } from '../support/run.ts';
import { type SecretService, startSecretService } from '../support/secret-service.ts';
import { type Sshd, startSshd } from '../support/sshd.ts';
import { statusOf } from '../support/status.ts';
import { type TempHome, tempHome } from '../support/temp-home.ts';

const PASSPHRASE = 'opens-sesame-0815';
const secretService = await startSecretService();

/** One key with a passphrase, and one keychain: the tests follow one another. */
describe.skipIf(secretService === null)("the system's keychain", () => {
  const parts = {} as { keychain: SecretService; sshd: Sshd; home: TempHome; cli: Cli; key: Key };

  beforeAll(async () => {
    const home = tempHome();
    const key = await makeKey(join(home.home, '.ssh'), { passphrase: PASSPHRASE });
    const sshd = await startSshd();
    sshd.authorize(key.publicLine);
    const cli = await makeCli({ home, env: { ...secretService!.env } });
    Object.assign(parts, { keychain: secretService, home, key, sshd, cli });
    const hop = `host: ${sshd.host}, port: ${sshd.port}, user: ${sshd.user}, identity: ${key.path}, hostKey: "${sshd.hostKey.fingerprint}"`;
    home.profile('db', `hops: [{ ${hop} }]\nforwards: [{ name: echo, local: 0, to: "127.0.0.1:1" }]\n`);
  });
  afterAll(async () => {
    await parts.cli?.dispose();
    await Promise.all([parts.sshd?.stop(), parts.keychain?.stop()]);
  });

  /** As after a reboot: a supervisor that has nothing in its memory. */
  async function upAnew() {
    await parts.cli.run(['supervisor', 'stop']);
    return await parts.cli.run(['up', 'db']);
  }
  const prompts = async () => (await parts.cli.run(['answer', '--json'])).json<Prompts>().prompts;
  const answer = (text: string, ...flags: string[]) => parts.cli.run(['answer', 'db', '--stdin', ...flags], { input: `${text}\n` });
  const everythingKept = (): string =>
    readdirSync(parts.home.tunnelsHome, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
      .join('\n');

  test('keeps a passphrase for the next supervisor, which asks nobody', async () => {
    expect((await upAnew()).code).toBe(4);
    const answered = await answer(PASSPHRASE, '--keychain');
    expect(answered.code, answered.stderr).toBe(0);
    expect(answered.stderr).not.toContain('keychain');
    const again = await upAnew();
    expect(again.code, again.stderr).toBe(0);
    expect(await statusOf(parts.cli, 'db')).toMatchObject({ state: 'up' });
    expect(everythingKept()).not.toContain(PASSPHRASE);
  });

  test('loses nothing while it is locked: the person is asked, told that it could not be kept, and served', async () => {
    await parts.keychain.lock();
    expect((await upAnew()).code).toBe(4);
    const answered = await answer(PASSPHRASE, '--keychain');
    expect(answered.code).toBe(1);
    expect(answered.stderr).toContain("not kept in the system's keychain");
    expect(await statusOf(parts.cli, 'db')).toMatchObject({ state: 'up' });
    // What was in it before is still there.
    await parts.keychain.unlock();
    const again = await upAnew();
    expect(again.code, again.stderr).toBe(0);
  });

  test('forgets what has become wrong, and asks', async () => {
    const { key } = parts;
    await must('ssh-keygen', ['-q', '-p', '-P', PASSPHRASE, '-N', 'another-0816', '-f', key.path]);
    expect((await upAnew()).code).toBe(4);
    expect(await prompts()).toMatchObject([{ is: 'passphrase', detail: 'The remembered passphrase was wrong.' }]);
    // It is out of the keychain as well: nothing is tried before the next supervisor asks.
    expect((await upAnew()).code).toBe(4);
    expect(await prompts()).toMatchObject([{ is: 'passphrase', detail: '' }]);
  });

  test('may be gone: a clear word, and the answer is used', async () => {
    await parts.keychain.stop();
    const answered = await answer('another-0816', '--keychain');
    expect(answered.code).toBe(1);
    expect(answered.stderr).toMatch(/The answer was used, but not kept in the system's keychain: .+\.\n.*--remember/);
    expect(await statusOf(parts.cli, 'db')).toMatchObject({ state: 'up' });
  });
});
