type Given = { readonly env: Readonly<Record<string, string | undefined>>; readonly path: (text: string) => string };

/** The agent's socket after IdentityAgent (ssh_config(5)): `none`, `SSH_AUTH_SOCK`, `$VARIABLE` or a path. */
export function agentOf(text: string | undefined, { env, path }: Given): string | null {
  if (text === undefined || text === 'SSH_AUTH_SOCK') return env['SSH_AUTH_SOCK'] || (process.platform === 'win32' ? WINDOWS_AGENT : null);
  if (text.toLowerCase() === 'none') return null;
  const variable = /^\$(\w+)$/.exec(text)?.[1];
  if (variable !== undefined) return env[variable] || null;
  return text.startsWith('\\\\') ? text : path(text);
}

const WINDOWS_AGENT = String.raw`\\.\pipe\openssh-ssh-agent`;
