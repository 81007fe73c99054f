import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import type { Remote, RemoteProcess } from '../../../src/ssh/remote/types.ts';
import { tempDir } from '../../support/temp-home.ts';

export type LocalRemote = Pick<Remote, 'exec'> & { readonly commands: string[]; readonly killed: string[] };

/** Runs commands on this machine as sshd does: by `SHELL -c COMMAND`. `sh` is the program that the name `sh` means there. */
export function localRemote({
  shell = '/bin/bash',
  sh,
  env = {},
}: {
  shell?: string;
  sh?: string;
  env?: Record<string, string>;
} = {}): LocalRemote {
  const path = [...(sh === undefined ? [] : [folderWithSh(sh)]), process.env['PATH']].join(':');
  const commands: string[] = [];
  const killed: string[] = [];
  return {
    commands,
    killed,
    exec: (command) => {
      commands.push(command);
      // Its own process group, as a session of sshd is.
      const child = spawn(shell, ['-c', command], { env: { ...process.env, PATH: path, ...env }, detached: true });
      child.stdin.on('error', () => {});
      const channel = new Duplex({
        allowHalfOpen: true,
        read: () => void child.stdout.resume(),
        write: (chunk, _encoding, done) => child.stdin.write(chunk, () => done()),
        final: (done) => void child.stdin.end(() => done()),
      });
      child.stdout.on('data', (chunk: Buffer) => channel.push(chunk)).on('end', () => channel.push(null));
      child.on('close', () => setImmediate(() => channel.destroy()));
      const remote = Object.assign(channel, {
        stderr: child.stderr,
        close: () => void child.stdin.destroy(),
        signal: (name: string) => {
          if (child.exitCode !== null) return;
          killed.push(name);
          try {
            process.kill(-child.pid!, `SIG${name}` as NodeJS.Signals);
          } catch {}
        },
      });
      return Promise.resolve(remote as unknown as RemoteProcess);
    },
  };
}

function folderWithSh(program: string): string {
  const folder = join(tempDir(), 'bin');
  mkdirSync(folder);
  symlinkSync(program, join(folder, 'sh'));
  return folder;
}
