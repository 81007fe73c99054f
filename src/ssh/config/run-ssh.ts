import { spawn } from 'node:child_process';
import type { Hop } from '../../model/profile.ts';
import { configInvalid } from './config-invalid.ts';

type Given = { readonly env: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal };
type Ending = { readonly code: number | string | null; readonly stdout: string; readonly stderr: string };

/** `Match exec` may run anything; this is how long it may take, in ms. */
const PATIENCE_MS = 15_000;
const MAX_OUTPUT = 1_000_000;

/** What `ssh args` prints; null where no ssh is installed. Rejects with `ssh-config-invalid` and what ssh said. */
export async function runSsh(hop: Hop, args: readonly string[], given: Given): Promise<string | null> {
  const deadline = AbortSignal.timeout(PATIENCE_MS);
  const ending = await run(args, { env: given.env, signal: AbortSignal.any([given.signal, deadline]) });
  given.signal.throwIfAborted();
  if (ending === 'not-installed') return null;
  if (ending === 'aborted') throw configInvalid(hop, `ssh -G gave no answer within ${PATIENCE_MS / 1000} s.`);
  if (ending.code !== 0) throw configInvalid(hop, said(ending));
  return ending.stdout;
}

const said = ({ stderr, code }: Ending): string =>
  stderr
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, 3)
    .join('; ') || `ssh -G ended with ${code ?? 'a signal'}.`;

function run(args: readonly string[], { env, signal }: Given): Promise<Ending | 'not-installed' | 'aborted'> {
  return new Promise((resolve) => {
    // In a directory that is always there: spawn() says ENOENT for a lost working directory too.
    const child = spawn('ssh', args, { env, cwd: '/', signal, killSignal: 'SIGKILL', stdio: ['ignore', 'pipe', 'pipe'] });
    const out = collect(child.stdout);
    const err = collect(child.stderr);
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve('not-installed');
      else if (error.code === 'ABORT_ERR') resolve('aborted');
      else resolve({ code: error.code ?? error.name, stdout: '', stderr: '' });
    });
    child.on('close', (code) => resolve({ code, stdout: out(), stderr: err() }));
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    if (text.length < MAX_OUTPUT) text += chunk;
  });
  return () => text;
}
