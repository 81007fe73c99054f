import type { Hop } from '../../model/profile.ts';
import type { Answer } from './answer.ts';
import { parseAnswer } from './answer.ts';
import type { LocalUser } from './local-user.ts';
import type { PreparedConfig } from './prepared-config.ts';
import { readConfigFiles } from './read-config-files.ts';
import { runSsh } from './run-ssh.ts';
import { configInvalid } from './config-invalid.ts';

export type AskGiven = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly user: LocalUser;
  readonly config: PreparedConfig;
  /** `Key=value`, as for ssh(1) -o. */
  readonly options: readonly string[];
};

/**
 * What ssh_config says about a hop: asks `ssh -G`, the only parser that is always right, and reads the files
 * itself where no ssh is installed, where it would refuse to run because our user id has no account, or where it cannot
 * be given the files that count.
 */
export async function askForHop(hop: Hop, given: AskGiven): Promise<Answer> {
  if (!/^[^\s-]\S*$/.test(hop.host)) throw configInvalid(hop, `${JSON.stringify(hop.host)} is not the name of a host.`);
  const args = given.user.accountHome === null ? null : argumentsFor(hop, given);
  const output = args === null ? null : await runSsh(hop, args, given);
  return output === null ? await readConfigFiles(hop, given) : parseAnswer(output);
}

/** The user and port of the profile go in as well, because Match and the %-tokens look at them. */
function argumentsFor(hop: Hop, { config, options }: AskGiven): string[] | null {
  if (config.args === null) return null;
  return [
    '-G',
    ...config.args,
    ...(hop.user === null ? [] : ['-l', hop.user]),
    ...(hop.port === null ? [] : ['-p', String(hop.port)]),
    ...options.flatMap((option) => ['-o', option]),
    '--',
    hop.host,
  ];
}
