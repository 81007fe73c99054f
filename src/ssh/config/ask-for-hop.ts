import type { Hop } from '../../model/profile.ts';
import type { Answer } from './answer.ts';
import { withoutDefaults } from './algorithm-lists.ts';
import { parseAnswer } from './answer.ts';
import type { LocalUser } from './local-user.ts';
import type { PreparedConfig } from './prepared-config.ts';
import { readConfigFiles } from './read-config-files.ts';
import { runSsh } from './run-ssh.ts';
import { configInvalid } from './config-invalid.ts';

/** -tt: or it complains of its missing terminal, in front of what matters. (-T would turn `UpdateHostKeys ask` off.) */
const ASK = ['-G', '-tt'];

export type AskGiven = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly user: LocalUser;
  readonly config: PreparedConfig;
  /** `Key=value`, as for ssh(1) -o. */
  readonly options: readonly string[];
  /** From `SshDefaults`. */
  readonly defaults: Promise<Answer | null>;
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
  if (output === null) return await readConfigFiles(hop, given);
  const defaults = await given.defaults;
  return defaults === null ? parseAnswer(output) : withoutDefaults(parseAnswer(output), defaults);
}

/** What the ssh that is installed says where nothing is configured; null: none is. Never rejects unheard. */
export function askForDefaults(given: Pick<AskGiven, 'env' | 'signal'>): Promise<Answer | null> {
  const hop = { host: 'localhost', user: null, port: null, identity: [], hostKey: [] };
  const answer = runSsh(hop, [...ASK, '-F', 'none', '--', hop.host], given).then((output) =>
    output === null ? null : parseAnswer(output),
  );
  answer.catch(() => {});
  return answer;
}

/** The user and port of the profile go in as well, because Match and the %-tokens look at them. */
function argumentsFor(hop: Hop, { config, options }: AskGiven): string[] | null {
  if (config.args === null) return null;
  return [
    ...ASK,
    ...config.args,
    ...(hop.user === null ? [] : ['-l', hop.user]),
    ...(hop.port === null ? [] : ['-p', String(hop.port)]),
    ...options.flatMap((option) => ['-o', option]),
    '--',
    hop.host,
  ];
}
