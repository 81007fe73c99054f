type Words = {
  /** As the profile calls the server, so that ssh finds the same Host of ssh_config. */
  readonly name: string;
  readonly port: number;
  readonly user: string;
  /** The file that -F names, or `none`. */
  readonly configFile?: string;
};

/** What to write after `ssh` to do what tunnels has done: `-p 2222 ann@bastion`. Quoted where a shell would not take it as it is. */
export function sshWords({ name, port, user, configFile }: Words): string {
  const file = configFile === undefined ? '' : `-F ${shellWord(configFile)} `;
  return `${file}${port === 22 ? '' : `-p ${port} `}${shellWord(`${user}@${name}`)}`;
}

/** As a shell takes it for one word. */
export const shellWord = (word: string): string => (PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

const PLAIN = /^[\w.@%:+/-]+$/;
