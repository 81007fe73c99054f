import type { AccountMemory, Allowed } from './account-memory.ts';
import { keyOptionsIn } from './key-options.ts';
import { runScript, type ScriptFailure, type ScriptGiven, type ScriptResult } from './run-script.ts';
import { openSftpFiles, type SftpFiles } from './sftp-files.ts';
import { type SftpFailure, type SftpGiven, within } from './sftp-session.ts';
import type { Remote } from './types.ts';

export type AccountGiven = { readonly accounts: AccountMemory };

/** `not-asked`: it is known, or told by sshd, that something else would run. */
export type AccountScriptResult = ScriptResult | { readonly ok: false; readonly why: 'not-asked' };

const REFUSED = { ok: false, why: 'not-asked' } as const;

/**
 * Runs a script where the account has a shell, and remembers whether it has.
 *
 * Nothing tells a forced command (sshd_config(5), ForceCommand) from a shell that lets nobody in, and both would answer a
 * second question over SFTP by running once more. So an account that is not known is asked for SFTP first: where that
 * answers, no forced command is in the way and exec is harmless; where something else answers, nothing more is asked, ever.
 */
export async function runOnAccount(remote: Remote, script: string, given: ScriptGiven & AccountGiven): Promise<AccountScriptResult> {
  const allowed = await learnShell(remote, given);
  if (allowed.is === 'no') return REFUSED;
  if (allowed.is === 'yes') return await noted(remote, script, given);
  return await given.accounts.inTurn(accountOf(remote), async () =>
    given.accounts.of(accountOf(remote)).shell.is === 'no' ? REFUSED : await noted(remote, script, given),
  );
}

/** The files of an account, to be closed after use; null where it has no SFTP. */
export async function filesOfAccount(remote: Remote, given: SftpGiven & AccountGiven): Promise<SftpFiles | null> {
  if (await isForced(remote, given)) return null;
  return await given.accounts.inTurn(accountOf(remote), async () => {
    const { sftp } = given.accounts.of(accountOf(remote));
    return sftp.is === 'no' ? null : await openNoted(remote, given);
  });
}

/** Whether commands have been seen to reach a shell, and nothing of the key stands in their way; asks nobody. */
export const isShellKnown = (remote: Remote, accounts: AccountMemory): boolean =>
  accounts.of(accountOf(remote)).shell.is === 'yes' && keyOptionsIn(remote.said.all)?.includes('command') !== true;

const accountOf = ({ hostKey, hop }: Remote) => ({ hostKey, user: hop.user });

/** The key's own `command=`, which sshd tells just after the login. Another key of the same account may have none, so it is not kept. */
async function isForced(remote: Remote, given: SftpGiven): Promise<boolean> {
  if (keyOptionsIn(remote.said.all) === null) await within(given, remote.ping()).catch(() => given.signal.throwIfAborted());
  return keyOptionsIn(remote.said.all)?.includes('command') === true;
}

async function learnShell(remote: Remote, given: SftpGiven & AccountGiven): Promise<Allowed> {
  if (await isForced(remote, given)) return { is: 'no', why: 'forced' };
  const known = given.accounts.of(accountOf(remote));
  if (known.shell.is === 'unknown' && known.sftp.is === 'unknown') (await filesOfAccount(remote, given))?.close();
  return given.accounts.of(accountOf(remote)).shell;
}

async function openNoted(remote: Remote, given: SftpGiven & AccountGiven): Promise<SftpFiles | null> {
  const opened = await openSftpFiles(remote, given);
  if (opened.ok) given.accounts.learn(accountOf(remote), { sftp: { is: 'yes' } });
  else await learnFrom(remote, whatSftpShows(opened.why), given);
  return opened.ok ? opened.files : null;
}

type Shown = { readonly shell?: Allowed; readonly sftp?: Allowed };

function whatSftpShows(why: SftpFailure): Shown {
  if (why === 'lost') return {};
  const no = { is: 'no', why } as const;
  return why === 'refused' ? { sftp: no } : { sftp: no, shell: no };
}

async function noted(remote: Remote, script: string, given: ScriptGiven & AccountGiven): Promise<ScriptResult> {
  const result = await runScript(remote, script, given);
  const shell = result.ok ? ({ is: 'yes' } as const) : whatExecShows(result.why);
  if (shell !== null) await learnFrom(remote, { shell }, given);
  return result;
}

function whatExecShows(why: ScriptFailure): Allowed | null {
  if (why === 'no-shell') return { is: 'no', why: 'forced' };
  if (why === 'no-answer') return { is: 'no', why: 'silent' };
  if (why === 'refused') return { is: 'no', why: 'refused' };
  // It began as our script, or the link is gone.
  return null;
}

/**
 * What is learned is kept for good, so it must be about the account. Silence is so only while the server answers at all: on a
 * dead network everything is silent. And only another program in its place takes the word of a shell that has answered
 * before: it may be busy, or the server may have opened as many sessions as it will (MaxSessions).
 */
async function learnFrom(remote: Remote, shown: Shown, given: SftpGiven & AccountGiven): Promise<void> {
  const before = given.accounts.of(accountOf(remote));
  const isSilence = Object.values(shown).some((allowed) => allowed.is === 'no' && allowed.why === 'silent');
  if (isSilence && !(await isAnswering(remote, given))) return;
  const { shell, ...rest } = shown;
  const isDoubted = before.shell.is === 'yes' && shell?.is === 'no' && (shell.why !== 'forced' || shown.sftp !== undefined);
  given.accounts.learn(accountOf(remote), isDoubted ? rest : shown);
}

async function isAnswering(remote: Remote, given: SftpGiven): Promise<boolean> {
  try {
    await within({ clock: given.clock, signal: given.signal }, remote.ping());
    return true;
  } catch {
    given.signal.throwIfAborted();
    return false;
  }
}
