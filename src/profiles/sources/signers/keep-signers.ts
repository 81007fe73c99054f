import { spawn } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { problem, ProblemError } from '../../../model/problem.ts';
import type { SignersTrouble } from '../../../model/problems/signers.ts';
import type { Paths } from '../../../platform/paths.ts';
import { makeFolder } from '../../../platform/private-dir.ts';
import { allowedSignersIn, gnupgIn, signersFolder, type SignersKind } from './places.ts';

export type KeepGiven = {
  readonly paths: Paths;
  /** The source's. */
  readonly name: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/**
 * Copies the keys that may sign a source into the user's own state, where neither the source nor a later change of their file
 * can reach them. `keys`: an allowed_signers file (ssh-keygen(1)), a file of OpenPGP public keys, or fingerprints of keys in
 * the user's keyring with commas between. Throws `signers-unusable`.
 */
export async function keepSigners(keys: string, given: KeepGiven): Promise<SignersKind> {
  const folder = signersFolder(given.paths, given.name);
  makeFolder(folder);
  const bytes = bytesOf(resolve(given.cwd, keys));
  if (bytes === null) {
    const fingerprints = keys.split(',').map((text) => text.replaceAll(/\s|^0x/gi, '').toUpperCase());
    if (!fingerprints.every((text) => /^([0-9A-F]{40}|[0-9A-F]{64})$/.test(text))) throw unusable(keys, 'absent');
    return await keepGpg(await exported(fingerprints, keys, given), { ...given, keys, fingerprints });
  }
  if (isOpenPgp(bytes)) return await keepGpg(bytes, { ...given, keys, fingerprints: [] });
  checkAllowedSigners(bytes.toString('utf8'), keys);
  writeFileSync(allowedSignersIn(folder), bytes, { mode: 0o600 });
  return 'ssh';
}

const MOST_BYTES = 1_000_000;

function bytesOf(file: string): Buffer | null {
  try {
    return statSync(file).size <= MOST_BYTES ? readFileSync(file) : null;
  } catch {
    return null;
  }
}

/** Armoured, or with the first bit set that every OpenPGP packet begins with (RFC 9580, 4.2). */
const isOpenPgp = (bytes: Buffer): boolean => bytes.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----') || ((bytes[0] ?? 0) & 0x80) !== 0;

/** At least one line of `principals [options] keytype key`; a .pub file has no principals, and would allow nobody. */
function checkAllowedSigners(text: string, keys: string): void {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (lines.some((line) => KEY.test(line))) throw unusable(keys, 'no-principals');
  if (!lines.some((line) => /^(?:"[^"]*"|\S+)\s+(?:\S+\s+)*?(?:ssh|sk|ecdsa)-\S+\s+AAAA/.test(line))) throw unusable(keys, 'no-keys');
}

const KEY = /^(?:ssh|sk|ecdsa)-\S+\s+AAAA/;

const unusable = (keys: string, why: SignersTrouble): ProblemError => new ProblemError(problem('signers-unusable', { keys, why }));

type Gpg = KeepGiven & { readonly keys: string; readonly fingerprints: readonly string[] };

/** A home of its own: what else is in the user's keyring vouches for nothing here. */
async function keepGpg(bytes: Buffer, { paths, name, env, keys, fingerprints }: Gpg): Promise<SignersKind> {
  const home = gnupgIn(signersFolder(paths, name));
  makeFolder(home);
  writeFileSync(join(home, 'gpg.conf'), GPG_CONF, { mode: 0o600 });
  const own = { ...env, GNUPGHOME: home };
  await runGpg(['--import'], { env: own, input: bytes, keys });
  const listed = (await runGpg(['--with-colons', '--fingerprint', '--list-keys'], { env: own, keys })).toString('utf8');
  const found = [...listed.matchAll(/^fpr:+([0-9A-F]+):/gm)].map(([, fingerprint]) => fingerprint);
  if (found.length === 0 || !fingerprints.every((one) => found.includes(one))) throw unusable(keys, 'no-keys');
  return 'gpg';
}

/** That they are here is what makes them trusted. Nothing is fetched, and no agent is started for keys that only verify. */
const GPG_CONF = ['trust-model always', 'no-auto-check-trustdb', 'no-auto-key-retrieve', 'no-auto-key-import', 'no-autostart', ''].join(
  '\n',
);

const exported = (fingerprints: readonly string[], keys: string, { env }: KeepGiven): Promise<Buffer> =>
  runGpg(['--export', ...fingerprints], { env, keys });

/** Found by PATH, as git finds it. */
const GPG = 'gpg';

type GpgRun = { readonly env: KeepGiven['env']; readonly keys: string; readonly input?: Buffer };

function runGpg(args: readonly string[], { env, keys, input }: GpgRun): Promise<Buffer> {
  return new Promise((done, failed) => {
    const child = spawn(GPG, ['--batch', '--no-tty', '--quiet', ...args], { env, stdio: ['pipe', 'pipe', 'ignore'], windowsHide: true });
    const out: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stdin.on('error', () => {});
    child.on('error', () => failed(unusable(keys, 'no-gpg')));
    child.on('close', () => done(Buffer.concat(out)));
    child.stdin.end(input);
  });
}
