import { createHash } from 'node:crypto';
import { chmodSync, chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { background } from './child.ts';
import { must } from './run.ts';
import { tempDir } from './temp-home.ts';

export type KeyType = 'ed25519' | 'rsa' | 'ecdsa';

export type Key = {
  /** The private key's file. */
  readonly path: string;
  /** `type base64 comment`, as in authorized_keys. */
  readonly publicLine: string;
  /** `SHA256:...`, as ssh-keygen -l prints it. */
  readonly fingerprint: string;
};

export type KeyOptions = { readonly type?: KeyType; readonly passphrase?: string; readonly name?: string };

/** Makes a key pair with ssh-keygen in `dir`. */
export async function makeKey(dir: string, { type = 'ed25519', passphrase = '', name = `id_${type}` }: KeyOptions = {}): Promise<Key> {
  const path = join(dir, name);
  const bits = type === 'rsa' ? ['-b', '2048'] : [];
  await must('ssh-keygen', ['-q', '-t', type, ...bits, '-N', passphrase, '-C', `test ${name}`, '-f', path]);
  const publicLine = readFileSync(`${path}.pub`, 'utf8').trim();
  return { path, publicLine, fingerprint: fingerprintOf(publicLine) };
}

export function fingerprintOf(publicLine: string): string {
  const blob = Buffer.from(publicLine.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

export type Agent = {
  readonly socket: string;
  add(keyPath: string, options?: { readonly passphrase?: string }): Promise<void>;
  /** Public lines of the keys that it holds. */
  list(): Promise<string[]>;
  stop(): Promise<void>;
};

/** A real ssh-agent with no keys; `as` another user it serves him and root alone (needs root). */
export async function startAgent({ as }: { as?: { readonly uid: number; readonly gid: number } } = {}): Promise<Agent> {
  const dir = tempDir();
  if (as) chownSync(dir, as.uid, as.gid);
  const socket = join(dir, 'agent.sock');
  const agent = background('ssh-agent', ['-D', '-a', socket], as && { uid: as.uid, gid: as.gid });
  await agent.waitFor(/SSH_AUTH_SOCK/);
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  return {
    socket,
    add: async (path, { passphrase } = {}) => {
      await must('ssh-add', ['-q', path], { env: passphrase === undefined ? env : { ...env, ...askpass(dir, passphrase) } });
    },
    list: async () => (await must('sh', ['-c', 'ssh-add -L || true'], { env })).split('\n').filter((line) => /^\S+ AAAA/.test(line)),
    stop: () => agent.stop(),
  };
}

// ssh-add(1): with SSH_ASKPASS_REQUIRE=force the passphrase is asked from a program, never from a terminal.
function askpass(dir: string, passphrase: string): Record<string, string> {
  const program = join(dir, 'askpass');
  writeFileSync(program, '#!/bin/sh\nprintf "%s\\n" "$TEST_PASSPHRASE"\n');
  chmodSync(program, 0o700);
  return { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0', TEST_PASSPHRASE: passphrase };
}
