import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SshDefaults } from '../../../src/ssh/config/ssh-defaults.ts';
import { tempDir } from '../../support/temp-home.ts';

const signal = new AbortController().signal;

/** An `ssh` that notes each call. */
function program(says: string) {
  const folder = tempDir();
  const install = (text: string): void => {
    writeFileSync(join(folder, 'ssh'), `#!/bin/sh\necho x >> ${folder}/calls\n${text}\n`);
    chmodSync(join(folder, 'ssh'), 0o755);
  };
  install(says);
  const calls = (): number => readFileSync(join(folder, 'calls'), 'utf8').length / 2;
  return { env: { PATH: `relative:/nonexistent:${folder}:/usr/bin:/bin` }, install, calls };
}
const ciphers = (words: string): string => `echo ciphers ${words}`;

describe('what ssh says where nothing is configured', () => {
  test('is asked once for one program, also by those who ask at the same time', async () => {
    const { env, calls } = program(ciphers('a,b'));
    const defaults = new SshDefaults();
    const answers = await Promise.all([1, 2, 3].map(() => defaults.ask({ env, signal })));
    expect(answers.map((answer) => answer?.get('ciphers'))).toEqual([['a,b'], ['a,b'], ['a,b']]);
    await defaults.ask({ env, signal });
    expect(calls()).toBe(1);
  });

  test('is asked anew of a program that was replaced, and of another one', async () => {
    const { env, install, calls } = program(ciphers('old'));
    const defaults = new SshDefaults();
    await defaults.ask({ env, signal });
    install(ciphers('newer'));
    expect((await defaults.ask({ env, signal }))?.get('ciphers')).toEqual(['newer']);
    expect(calls()).toBe(2);
    const other = program(ciphers('other'));
    expect((await defaults.ask({ env: other.env, signal }))?.get('ciphers')).toEqual(['other']);
  });

  test('is asked anew where there was no answer', async () => {
    const { env, install } = program('exit 255');
    const defaults = new SshDefaults();
    await expect(defaults.ask({ env, signal })).rejects.toThrow('ssh-config-invalid');
    install(ciphers('a'));
    expect((await defaults.ask({ env, signal }))?.get('ciphers')).toEqual(['a']);
  });

  test('reaches everybody who waits for it, though the first one has given up', async () => {
    const { env } = program(ciphers('a'));
    const defaults = new SshDefaults();
    const first = new AbortController();
    const given = defaults.ask({ env, signal: first.signal }).catch(() => {});
    const other = defaults.ask({ env, signal });
    first.abort(new Error('down'));
    await given;
    expect((await other)?.get('ciphers')).toEqual(['a']);
  });

  test('is that of the ssh that is found, past what is no folder', async () => {
    const { env, calls } = program(ciphers('a'));
    const file = join(tempDir(), 'file');
    writeFileSync(file, '');
    const defaults = new SshDefaults();
    for (let round = 0; round < 2; round += 1) await defaults.ask({ env: { PATH: `${file}:${env.PATH}` }, signal });
    expect(calls()).toBe(1);
  });

  test('is nothing where no ssh is installed', async () => {
    expect(await new SshDefaults().ask({ env: { PATH: '/nonexistent' }, signal })).toBeNull();
  });
});
