import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { askpassProgram, askpassSource, showNotice } from '../../../src/cli/prompts/askpass.ts';
import type { Env } from '../../../src/cli/given.ts';
import type { Prompt } from '../../../src/model/prompt.ts';
import { tempDir } from '../../support/temp-home.ts';
import { until } from '../../support/until.ts';

describe('which program asks', () => {
  const named = { SSH_ASKPASS: '/askpass' };
  const display = { ...named, DISPLAY: ':0' };
  test.each<[string, Env, boolean, string | null]>([
    ['none without a name', { DISPLAY: ':0', SSH_ASKPASS_REQUIRE: 'force' }, false, null],
    ['none without a display', named, false, null],
    ['the named one with a display and no terminal', display, false, '/askpass'],
    ['the named one on Wayland', { ...named, WAYLAND_DISPLAY: 'wayland-0' }, false, '/askpass'],
    ['the terminal where there is one', display, true, null],
    ['none with an empty display', { ...named, DISPLAY: '' }, false, null],
    ['the named one by force', { ...named, SSH_ASKPASS_REQUIRE: 'force' }, true, '/askpass'],
    ['the preferred one, with a display', { ...display, SSH_ASKPASS_REQUIRE: 'prefer' }, true, '/askpass'],
    ['the terminal, where the preferred one has no display', { ...named, SSH_ASKPASS_REQUIRE: 'prefer' }, true, null],
    ['never one', { ...display, SSH_ASKPASS_REQUIRE: 'never' }, false, null],
  ])('is %s', (_what, env, hasTerminal, program) => {
    expect(askpassProgram(env, { hasTerminal })).toBe(program);
  });
});

const prompt = (is: string, over: Partial<Prompt> = {}): Prompt => ({
  id: '1',
  is,
  title: 'title',
  detail: '',
  fields: [{ text: 'Code: ', echo: false }],
  remember: [],
  about: { host: 'h', port: 22, user: 'ann', path: '/k', type: 'ED25519', fingerprint: 'SHA256:a' },
  tunnels: [],
  since: '',
  ...over,
});

/** A program of sh(1), with a file to write into as $OUT. */
function program(body: string) {
  const dir = tempDir();
  const [path, out] = [join(dir, 'askpass'), join(dir, 'out')];
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o700);
  const env = { PATH: process.env['PATH'], OUT: out, SECRET_MARK: 'x' };
  return { path, env, written: () => (existsSync(out) ? readFileSync(out, 'utf8') : '') };
}
const ask = async (body: string, asked: Prompt) => {
  const { path, env, written } = program(body);
  const answers = await askpassSource(path, { env }).ask(asked, new AbortController().signal);
  return { answers, written: written() };
};

describe('the program of SSH_ASKPASS', () => {
  test("hears ssh's own words, and its first line is the answer", async () => {
    const body = 'printf "%s|" "$1" >> $OUT; printf "se cret\\nmore\\n"';
    expect(await ask(body, prompt('password'))).toEqual({ answers: ['se cret'], written: "ann@h's password: |" });
    expect((await ask(body, prompt('passphrase'))).written).toBe("Enter passphrase for key '/k': |");
    expect((await ask(body, prompt('host-key'))).written).toContain('(yes/no/[fingerprint])? |');
  });
  test('is run once for each field, with what the server says before the first', async () => {
    const fields = [
      { text: 'Code: ', echo: true },
      { text: 'PIN: ', echo: false },
    ];
    const asked = await ask('printf "%s|" "$1" >> $OUT; echo "$1" | tail -n 1', prompt('questions', { fields, detail: 'Two steps' }));
    expect(asked).toEqual({ answers: ['(ann@h) Code: ', '(ann@h) PIN: '], written: 'Two steps\n(ann@h) Code: |(ann@h) PIN: |' });
  });
  test('that ends with an error, or is not there, has not answered', async () => {
    await expect(ask('echo no; exit 1', prompt('password'))).rejects.toMatchObject({ problem: { code: 'askpass-failed' } });
    const gone = askpassSource('/nowhere/askpass', { env: {} }).ask(prompt('password'), new AbortController().signal);
    await expect(gone).rejects.toMatchObject({ problem: { code: 'askpass-failed', facts: { why: 'ENOENT' } } });
  });
  test('is ended when the answer is no longer waited for', async () => {
    const { path, env, written } = program('echo $$ > $OUT; exec sleep 600');
    const over = new AbortController();
    const answers = askpassSource(path, { env }).ask(prompt('password'), over.signal);
    await until(() => written() !== '', { what: 'the program to run' });
    over.abort(new Error('over'));
    await expect(answers).rejects.toThrow('over');
    await until(() => !existsSync(`/proc/${written().trim()}`), { what: 'the program to end' });
  });
  test('shows what is to be done at a key until it is done', async () => {
    const { path, env, written } = program('echo "$SSH_ASKPASS_PROMPT $1 $$" > $OUT; exec sleep 600');
    const hide = showNotice(path, { message: 'Touch it', env });
    await until(() => written() !== '', { what: 'the program to run' });
    expect(written()).toMatch(/^none Touch it \d+\n$/);
    hide();
    await until(() => !existsSync(`/proc/${written().trim().split(' ').at(-1)}`), { what: 'the program to end' });
  });
});
