/** A listening end on a hop, as problems carry it: `listen` printed, `port` null for a Unix socket. */
export type Where = { readonly listen: string; readonly on: string; readonly port: number | null };

/** What an administrator runs there to see who holds a listening end; others do not see the processes of sshd. */
export const lookCommand = ({ listen, port }: Pick<Where, 'listen' | 'port'>): string =>
  port === null ? `sudo ss -xlp | grep -F ${quoted(listen)}` : `sudo ss -ltnp 'sport = :${port}'`;

/** One word of a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
