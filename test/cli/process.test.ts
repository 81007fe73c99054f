import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, onTestFinished } from 'vitest';
import { builtCommand } from '../support/built-command.ts';

type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

/** Runs a line of sh in which `"$@"` is the built command, in a home of its own. */
async function sh(line: string, env: Record<string, string> = {}): Promise<Ended> {
  const home = mkdtempSync(join(tmpdir(), 'tcp-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const child = spawn('sh', ['-c', line, 'sh', ...(await builtCommand())], {
    cwd: home,
    env: { PATH: process.env['PATH'] ?? '', TUNNELS_HOME: home, HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text.err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...text };
}

describe('the process', () => {
  test('ends quietly when its reader has gone', async () => {
    expect(await sh('{ "$@" --help; echo "code $?" >&2; } | true')).toMatchObject({ err: 'code 0\n' });
  });

  test('has nothing to say about a stdout that was closed', async () => {
    expect(await sh('"$@" config list >&-')).toMatchObject({ code: 0, err: '' });
  });

  test.runIf(process.platform === 'linux')('says it when its output could not be written, as on a full disk', async () => {
    const { code, err } = await sh('"$@" config list >/dev/full');
    expect(code).toBe(1);
    expect(err).toContain('could not be written (ENOSPC)');
  });

  test('works where its directory was removed, and without HOME', async () => {
    expect((await sh('mkdir d && cd d && rmdir ../d && "$@" status')).code).toBe(0);
    expect((await sh('unset HOME; "$@" status')).code).toBe(0);
  });

  test('ends with 130 when it is interrupted while it follows', async () => {
    const { code, out } = await sh(FOLLOW_AND_INTERRUPT);
    expect(out).toContain('code 130');
    expect(code).toBe(0);
  });
});

// A shell without job control starts what is in the background with SIGINT ignored, so env puts it back.
const FOLLOW_AND_INTERRUPT = `
"$@" supervisor start >/dev/null
mkfifo lines
env --default-signal=INT "$@" logs -f > lines &
pid=$!
exec 3< lines
read -r first <&3
kill -INT $pid
wait $pid; echo "code $?"
"$@" supervisor stop >/dev/null`;
