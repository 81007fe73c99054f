/**
 * What to write after `ssh` to do what tunnels has done: `-p 2222 ann@bastion`. `name`: as the profile calls the server, so that
 * ssh finds the same Host of ssh_config. Quoted where a shell would not take it as it is.
 */
export function sshWords({ name, port, user }: { readonly name: string; readonly port: number; readonly user: string }): string {
  const target = `${user}@${name}`;
  return `${port === 22 ? '' : `-p ${port} `}${PLAIN.test(target) ? target : `'${target.replaceAll("'", "'\\''")}'`}`;
}

const PLAIN = /^[\w.@%:+-]+$/;
