import { createHmac, randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { tempDir } from './temp-home.ts';
import type { TestUser } from './users.ts';

/** A PAM service of its own that asks for the user's password and then for a one-time code; root only. */
export type OneTimeCodes = {
  /** For `startSshd`: sshd (before 9.8) takes the PAM service that is called as its program is. */
  readonly binary: string;
  /** The code of this half minute (RFC 6238). */
  readonly code: () => string;
  readonly remove: () => void;
};

export function askForCodes(user: TestUser): OneTimeCodes {
  const dir = tempDir('otp');
  chmodSync(dir, 0o755);
  const secret = randomBytes(20);
  const file = join(dir, user.name);
  // pam_google_authenticator(8); without DISALLOW_REUSE a code is good for all logins of its half minute.
  writeFileSync(file, `${base32(secret)}\n" WINDOW_SIZE 5\n" TOTP_AUTH\n`);
  chownSync(file, user.uid, user.gid);
  chmodSync(file, 0o400);
  mkdirSync(join(dir, 'bin'));
  const binary = join(dir, 'bin', `ttotp-${user.name}`);
  symlinkSync('/usr/sbin/sshd', binary);
  const service = join('/etc/pam.d', basename(binary));
  const code = ['auth required pam_unix.so nodelay', `auth required pam_google_authenticator.so secret=${dir}/\${USER}`];
  writeFileSync(service, [...code, 'account required pam_unix.so', 'session required pam_permit.so', ''].join('\n'));
  return { binary, code: () => codeAt(secret, Date.now()), remove: () => rmSync(service) };
}

/** RFC 6238 with SHA-1, 30 seconds and 6 digits. */
function codeAt(secret: Buffer, ms: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(ms / 30_000)));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 0xf;
  return String((mac.readUInt32BE(at) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

/** RFC 4648 section 6; 20 bytes need no padding. */
function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five, 2)]).join('');
}
