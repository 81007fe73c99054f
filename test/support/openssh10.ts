import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { isRoot, run } from './run.ts';
import { unpackOnce } from './unpack-debs.ts';

export type OpenSsh10 = {
  /** sshd, and the lines of sshd_config that let it find its parts. */
  readonly binary: string;
  readonly config: readonly string[];
  readonly tools: Tools;
  /** For whoever runs one of the tools: where they find their helper. */
  readonly env: { readonly SSH_SK_HELPER: string };
};

/** Absolute paths. */
export type Tools = {
  readonly ssh: string;
  readonly sshKeygen: string;
  readonly sshAdd: string;
  /** Loads only the providers of `-P` (or of the system's library folders): give it `skProvider`. */
  readonly sshAgent: string;
  readonly skHelper: string;
  /** A FIDO security key in software, as a library for `-w` or SecurityKeyProvider; it needs no touch. */
  readonly skProvider: string;
};

/**
 * OpenSSH 10 of Debian's backports, unpacked beside the system's own and never installed. Where it cannot be had (not
 * Debian 12, not root, no way to the archive) that is an error in CI, or the tests of it would prove nothing; elsewhere
 * it is null, with a line that says so.
 */
export async function openssh10({
  isRequired = Boolean(process.env['CI']),
  unpack = unpackHere,
  root = ROOT,
}: Given = {}): Promise<OpenSsh10 | null> {
  try {
    await unpack(root);
    return await partsIn(root);
  } catch (error) {
    if (isRequired)
      throw new Error(`OpenSSH 10 cannot be had, and its tests would prove nothing without it: ${String(error)}`, { cause: error });
    process.stderr.write('OpenSSH 10 cannot be had here; its tests run against the system’s own OpenSSH instead.\n');
    return null;
  }
}

const ROOT = join(tmpdir(), 'tunnels-tests-openssh-10');

type Given = { readonly isRequired?: boolean; readonly unpack?: (root: string) => Promise<void>; readonly root?: string };

async function unpackHere(root: string): Promise<void> {
  if (!isRoot) throw new Error('only root may run its sshd');
  await unpackOnce(root, { suite: 'bookworm-backports', packages: ['openssh-server', 'openssh-client', 'openssh-tests'] });
}

async function partsIn(root: string): Promise<OpenSsh10> {
  const [bin, lib] = [join(root, 'usr/bin'), join(root, 'usr/lib/openssh')];
  const tools: Tools = {
    ssh: `${bin}/ssh`,
    sshKeygen: `${bin}/ssh-keygen`,
    sshAdd: `${bin}/ssh-add`,
    sshAgent: `${bin}/ssh-agent`,
    skHelper: `${lib}/ssh-sk-helper`,
    skProvider: `${lib}/regress/misc/sk-dummy/sk-dummy.so`,
  };
  const binary = join(root, 'usr/sbin/sshd');
  for (const path of [binary, ...Object.values(tools)]) if (!existsSync(path)) throw new Error(`there is no ${path}`);
  // That they run shows too that the libraries are there, which are those of the system's own OpenSSH.
  for (const program of [binary, tools.ssh]) await mustBe10(program);
  // Its parts are looked for where the package would put them (sshd_config(5) does not list these two).
  const config = [`SshdSessionPath ${lib}/sshd-session`, `SshdAuthPath ${lib}/sshd-auth`];
  return { binary, config, tools, env: { SSH_SK_HELPER: tools.skHelper } };
}

async function mustBe10(program: string): Promise<void> {
  const { stderr } = await run(program, ['-V']);
  if (!stderr.includes('OpenSSH_10')) throw new Error(`${program} -V says: ${stderr}`);
}
