import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { isRoot, must, run } from './run.ts';

export type OtherSshd = { readonly binary: string; readonly config: readonly string[] };

/**
 * OpenSSH 10 of Debian's backports, unpacked beside the system's own and never installed. Null, with a line that says
 * so, where it cannot be had: not Debian 12, not root, or no way to the archive.
 */
export async function openssh10(): Promise<OtherSshd | null> {
  const root = join(tmpdir(), 'tunnels-tests-openssh10');
  const binary = join(root, 'usr/sbin/sshd');
  if (isRoot && !existsSync(binary)) await unpack(root).catch(() => rmSync(root, { recursive: true, force: true }));
  const version = existsSync(binary) ? (await run(binary, ['-V'])).stderr : '';
  if (!version.includes('OpenSSH_10')) {
    process.stderr.write('OpenSSH 10 cannot be had here; its tests run against the system’s own sshd instead.\n');
    return null;
  }
  const lib = join(root, 'usr/lib/openssh');
  // Its parts are looked for where the package would put them (sshd_config(5) does not list these two).
  return { binary, config: [`SshdSessionPath ${lib}/sshd-session`, `SshdAuthPath ${lib}/sshd-auth`] };
}

async function unpack(root: string): Promise<void> {
  const apt = join(root, 'apt');
  for (const folder of ['lists/partial', 'cache/archives/partial', 'debs']) mkdirSync(join(apt, folder), { recursive: true });
  const list = join(apt, 'sources.list');
  const source = (await must('apt-get', ['indextargets', '--format', '$(SITE)'])).split('\n').find((site) => site.endsWith('/debian'));
  writeFileSync(list, `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${source} bookworm-backports main\n`);
  const options = [`Dir::Etc::sourcelist=${list}`, 'Dir::Etc::sourceparts=-', `Dir::State::lists=${apt}/lists`, `Dir::Cache=${apt}/cache`];
  const aptGet = async (...args: string[]) =>
    await must('apt-get', [...options.flatMap((option) => ['-o', option]), '-qq', ...args], { cwd: join(apt, 'debs') });
  await aptGet('update');
  await aptGet('download', 'openssh-server');
  await must('sh', ['-c', `for deb in ${apt}/debs/*.deb; do dpkg-deb -x "$deb" ${root}; done`]);
}
