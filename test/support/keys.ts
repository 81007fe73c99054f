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
  /** `provider`: the library that asks the security key (ssh-add(1), -S). */
  add(keyPath: string, options?: { readonly passphrase?: string; readonly provider?: string }): Promise<void>;
  /** Public lines of the keys that it holds. */
  list(): Promise<string[]>;
  stop(signal?: NodeJS.Signals): Promise<void>;
};

export type AgentOptions = {
  /** Another user, whom it serves and root alone; needs root. */
  readonly as?: { readonly uid: number; readonly gid: number };
  /** Where it listens; its own folder if not given. */
  readonly socket?: string;
  /** Programs of another OpenSSH. */
  readonly programs?: { readonly sshAgent: string; readonly sshAdd: string };
  /** Patterns of the libraries that it may load (ssh-agent(1), -P). */
  readonly providers?: string;
  readonly env?: Readonly<Record<string, string>>;
};

/** A real ssh-agent with no keys. */
export async function startAgent(options: AgentOptions = {}): Promise<Agent> {
  const { as, programs = { sshAgent: 'ssh-agent', sshAdd: 'ssh-add' }, providers } = options;
  const dir = tempDir();
  if (as) chownSync(dir, as.uid, as.gid);
  const socket = options.socket ?? join(dir, 'agent.sock');
  const flags = providers === undefined ? [] : ['-P', providers];
  const base = { ...process.env, ...options.env };
  const agent = background(programs.sshAgent, ['-D', '-a', socket, ...flags], { env: base, ...(as && { uid: as.uid, gid: as.gid }) });
  await agent.waitFor(/SSH_AUTH_SOCK/);
  const env = { ...base, SSH_AUTH_SOCK: socket };
  return {
    socket,
    add: async (path, { passphrase, provider } = {}) => {
      await must(programs.sshAdd, ['-q', ...(provider === undefined ? [] : ['-S', provider]), path], {
        env: passphrase === undefined ? env : { ...env, ...askpass(dir, passphrase) },
      });
    },
    list: async () => (await must('sh', ['-c', 'ssh-add -L || true'], { env })).split('\n').filter((line) => /^\S+ AAAA/.test(line)),
    stop: (signal) => agent.stop(signal),
  };
}

// ssh-add(1): with SSH_ASKPASS_REQUIRE=force the passphrase is asked from a program, never from a terminal.
function askpass(dir: string, passphrase: string): Record<string, string> {
  const program = join(dir, 'askpass');
  writeFileSync(program, '#!/bin/sh\nprintf "%s\\n" "$TEST_PASSPHRASE"\n');
  chmodSync(program, 0o700);
  return { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0', TEST_PASSPHRASE: passphrase };
}
