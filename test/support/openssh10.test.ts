import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type OpenSsh10, openssh10 } from './openssh10.ts';
import { isRoot, must, run } from './run.ts';
import { tempDir } from './temp-home.ts';

describe.runIf(isRoot)('OpenSSH 10, unpacked', () => {
  let parts: OpenSsh10 | null = null;
  beforeAll(async () => {
    parts = await openssh10();
  }, 300_000);

  test('has the server and the client of that version', async ({ skip }) => {
    if (parts === null) return skip('it cannot be had here');
    for (const program of [parts.binary, parts.tools.ssh]) expect((await run(program, ['-V'])).stderr).toMatch(/^OpenSSH_10\./);
  });

  test('makes a key in a security key that is a program', async ({ skip }) => {
    if (parts === null) return skip('it cannot be had here');
    const { tools, env } = parts;
    const path = join(tempDir(), 'id');
    await must(tools.sshKeygen, ['-q', '-t', 'ed25519-sk', '-w', tools.skProvider, '-N', '', '-f', path], { env });
    expect(readFileSync(`${path}.pub`, 'utf8')).toMatch(/^sk-ssh-ed25519@openssh\.com /);
  });

  test('has an agent that signs with such a key', async ({ skip }) => {
    if (parts === null) return skip('it cannot be had here');
    const { tools, env } = parts;
    const path = join(tempDir(), 'id');
    await must(tools.sshKeygen, ['-q', '-t', 'ed25519-sk', '-w', tools.skProvider, '-N', '', '-f', path], { env });
    const inAgent = '"$2" -q -S "$3" "$4" && "$2" -q -T "$4.pub"';
    await must(tools.sshAgent, ['-P', tools.skProvider, 'sh', '-ec', inAgent, 'sh', '', tools.sshAdd, tools.skProvider, path], { env });
  });
});

describe('OpenSSH 10 that cannot be had', () => {
  const unpack = async (): Promise<void> => await Promise.reject(new Error('no way to the archive'));

  test('is an error in CI, which says why', async () => {
    await expect(openssh10({ isRequired: true, unpack })).rejects.toThrow('no way to the archive');
  });

  test('is told in one line elsewhere, and nothing is made up', async () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      expect(await openssh10({ isRequired: false, unpack })).toBe(null);
      expect(write.mock.calls).toEqual([[expect.stringMatching(/^OpenSSH 10 cannot be had.*\n$/)]]);
    } finally {
      write.mockRestore();
    }
  });

  test('is not taken for it when what is there is not whole', async () => {
    await expect(openssh10({ isRequired: true, unpack: async () => {}, root: tempDir() })).rejects.toThrow('there is no');
  });
});
