import { shortLine } from '../../../model/plain-text.ts';
import { problem, ProblemError } from '../../../model/problem.ts';
import { type GitGiven, mustGit, runGit } from '../git/run-git.ts';
import { allowedSignersIn, gnupgIn, nothingIn, type SignersKind } from './places.ts';

export type VerifyGiven = GitGiven & {
  /** The source's. */
  readonly name: string;
  readonly signers: SignersKind;
  /** Where the keys are kept. */
  readonly folder: string;
};

/**
 * Lets git verify that one of the keys has signed the commit (git-verify-commit(1)), and with it the tree, and all that came
 * before. Throws `source-unsigned`, `source-signature`.
 */
export async function verifyCommit(given: VerifyGiven, commit: string): Promise<void> {
  const { name, signers, folder } = given;
  const [headers = ''] = (await mustGit(given, { args: ['cat-file', 'commit', commit] })).split('\n\n');
  if (!/^gpgsig/m.test(headers)) throw new ProblemError(problem('source-unsigned', { name, commit: commit.slice(0, 10) }));
  const env = { ...given.env, GNUPGHOME: gnupgIn(folder) };
  const settings = [...SETTINGS[signers](folder), 'gpg.minTrustLevel=fully'].flatMap((setting) => ['-c', setting]);
  const { code, said } = await runGit({ ...given, env }, { args: [...settings, 'verify-commit', '--raw', commit] });
  given.signal?.throwIfAborted();
  if (code !== 0)
    throw new ProblemError(problem('source-signature', { name, commit: commit.slice(0, 10), said: wordsOf(said, nothingIn(folder)) }));
}

/**
 * It is the signature that decides by which program it is verified, so those of the other kinds are taken away: a key that
 * happens to be in the user's keyring must not do for one that was asked for. All of it is stronger than any configuration.
 */
const SETTINGS: Readonly<Record<SignersKind, (folder: string) => readonly string[]>> = {
  ssh: (folder) => [
    'gpg.format=ssh',
    'gpg.ssh.program=ssh-keygen',
    `gpg.ssh.allowedSignersFile=${allowedSignersIn(folder)}`,
    ...['gpg.program', 'gpg.openpgp.program', 'gpg.x509.program'].map((key) => `${key}=${nothingIn(folder)}`),
  ],
  gpg: (folder) => [
    'gpg.format=openpgp',
    'gpg.program=gpg',
    'gpg.openpgp.program=gpg',
    ...['gpg.ssh.program', 'gpg.ssh.allowedSignersFile', 'gpg.x509.program'].map((key) => `${key}=${nothingIn(folder)}`),
  ],
};

const LINES = 6;

/** Without what git says of the programs that we have taken away, which is no fault of anybody's. */
const wordsOf = (said: string, nothing: string): string =>
  said
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '' && !line.includes(nothing))
    .slice(0, LINES)
    .map((line) => `\n  ${shortLine(line, 200)}`)
    .join('');
