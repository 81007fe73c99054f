import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ProblemError, problem } from '../../../src/model/problem.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { runScript, type ScriptGiven } from '../../../src/ssh/remote/run-script.ts';
import { ChannelRefused } from '../../../src/ssh/session/open-channel.ts';
import { tempDir } from '../../support/temp-home.ts';
import { localRemote } from './local-remote.ts';

const given = (over: Partial<ScriptGiven> = {}): ScriptGiven => ({
  args: [],
  clock: systemClock,
  signal: new AbortController().signal,
  ...over,
});

function program(text: string): string {
  const path = join(tempDir(), 'program');
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

const SHELLS = ['/bin/dash', '/bin/bash', '/bin/rbash', '/usr/bin/tcsh', '/usr/bin/fish'].filter(existsSync);
const SHS = ['/bin/dash', '/bin/bash', '/bin/busybox'].filter(existsSync);

describe.each(SHELLS)('from the login shell %s', (shell) => {
  test.each(SHS)('a script runs in %s and its lines come back', async (sh) => {
    const remote = localRemote({ shell, sh });
    const input = `it's "a" $HOME\n\\path\\ * \`x\` !!`;
    const script = 'printf "%s\\n" "$2" "$3"\nprintf "%s\\n" "$input"\ncat\nexit 3';
    expect(await runScript(remote, script, given({ args: ['a/b', '1.2:3'], input }))).toEqual({
      ok: true,
      lines: ['a/b', '1.2:3', ...input.split('\n')],
    });
    expect(remote.commands[0]).toMatch(/^sh -s [0-9a-f]{32} a\/b 1\.2:3$/);
  });
});

describe('what does not answer as a shell should', () => {
  const because = async (remote: ReturnType<typeof localRemote>, script: string, over: Partial<ScriptGiven> = {}) => {
    const result = await runScript(remote, script, given(over));
    return result.ok ? result.lines : result.why;
  };

  test('has no shell when it closes without the frame', async () => {
    expect(await because(localRemote({ shell: '/bin/false' }), 'echo hi')).toBe('no-shell');
    expect(await because(localRemote({ shell: '/usr/sbin/nologin' }), 'echo hi')).toBe('no-shell');
  });

  test('is killed at the deadline and told apart by its first line', async () => {
    const hangs = localRemote();
    expect(await because(hangs, 'sleep 1000', { deadlineMs: 300 })).toBe('garbled');
    expect(hangs.killed).toEqual(['KILL']);
    const mute = localRemote({ shell: program('sleep 1000') });
    expect(await because(mute, 'echo hi', { deadlineMs: 300 })).toBe('no-answer');
    expect(mute.killed).toEqual(['KILL']);
  });

  test('is cut off when it floods', async () => {
    const remote = localRemote();
    expect(await because(remote, 'yes')).toBe('too-much');
    expect(await because(remote, 'yes >&2')).toBe('too-much');
    expect(remote.killed).toEqual(['KILL', 'KILL']);
  });

  test('is refused, or lost with its link', async () => {
    const given1 = given();
    const refuses = { exec: () => Promise.reject(new ChannelRefused(1)) };
    expect(await runScript(refuses, '', given1)).toEqual({ ok: false, why: 'refused' });
    const gone = { exec: () => Promise.reject(new ProblemError(problem('link-closed', { host: 'h' }))) };
    expect(await runScript(gone, '', given1)).toEqual({ ok: false, why: 'lost' });
  });

  test('is left when the work is called off', async () => {
    const abort = new AbortController();
    const remote = localRemote();
    const running = runScript(remote, 'sleep 1000', given({ signal: abort.signal }));
    abort.abort(new Error('down'));
    await expect(running).rejects.toThrow('down');
    await expect(runScript(remote, '', given({ signal: abort.signal }))).rejects.toThrow('down');
    expect(remote.commands).toHaveLength(1);
  });
});

test('only what stands in the frame counts', async () => {
  const chatty = localRemote({ shell: program('printf "Welcome, no line break"; exec /bin/sh "$@"') });
  const script = 'echo "tunnels 0123 end"; echo noise >&2; printf "no line break"';
  expect(await runScript(chatty, script, given())).toEqual({ ok: true, lines: ['tunnels 0123 end', 'no line break'] });
});

test('half a script does nothing', async () => {
  const file = join(tempDir(), 'made');
  await runScript(localRemote(), `touch ${file}\nif true; then`, given());
  expect(existsSync(file)).toBe(false);
});

test.each(['a b', '$x', "'", '*', 'a;b', ''])('the argument %j is refused before anything runs', async (arg) => {
  const remote = localRemote();
  await expect(runScript(remote, '', given({ args: [arg] }))).rejects.toThrow(TypeError);
  expect(remote.commands).toEqual([]);
});
