import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// What the tests need beside Node, by the Debian package that brings it.
const NEEDS = [
  { package: 'openssh-server', has: ['/usr/sbin/sshd'] },
  { package: 'openssh-client', has: ['ssh', 'ssh-keygen', 'ssh-agent'] },
  { package: 'iproute2', has: ['ip', 'ss'] },
  { package: 'nftables', has: ['nft'] },
  { package: 'conntrack', has: ['conntrack'] },
  { package: 'postgresql', has: ['/usr/lib/postgresql'] },
  { package: 'postgresql-client', has: ['psql'] },
  { package: 'netcat-openbsd', has: ['nc'] },
  { package: 'procps', has: ['ps'] },
  { package: 'curl', has: ['curl'] },
  { package: 'tmux', has: ['tmux'] },
  { package: 'busybox', has: ['busybox'] },
  { package: 'tcsh', has: ['tcsh'] },
  { package: 'fish', has: ['fish'] },
  { package: 'dropbear-bin', has: ['dropbear'] },
  { package: 'git', has: ['git'] },
  { package: 'gnupg', has: ['gpg', 'gpgconf'] },
  { package: 'libpam-google-authenticator', has: ['google-authenticator'] },
  { package: 'dbus', has: ['dbus-daemon', 'dbus-send'] },
  { package: 'gnome-keyring', has: ['gnome-keyring-daemon'] },
];

/**
 * Installs what is missing where that can be done (root on Debian or Ubuntu).
 * Gives what had to be left out: the names of packages still missing, and `root` where the tests that need it cannot run.
 */
export function provideSystemPackages(say) {
  const isRoot = process.getuid?.() === 0;
  const missing = missingPackages();
  if (missing.length > 0 && isRoot && onPath('apt-get')) {
    say(`installing ${missing.join(', ')}`);
    apt('update', '-qq');
    apt('install', '-y', '-qq', '--no-install-recommends', ...missing);
  }
  return [...missingPackages(), ...(isRoot ? [] : ['root'])];
}

const missingPackages = () =>
  NEEDS.filter(({ has }) => !has.every((it) => (it.startsWith('/') ? existsSync(it) : onPath(it)))).map((it) => it.package);

const onPath = (name) =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((folder) => existsSync(join(folder, name)));

// RUNLEVEL=1 keeps packages from starting their services: no sshd on port 22, no database on 5432.
function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const { status, stderr, stdout } = spawnSync('apt-get', args, { env, encoding: 'utf8' });
  if (status !== 0) process.stdout.write(`apt-get ${args[0]} failed:\n${stdout}${stderr}`);
}
