import { ScriptLines } from '../../remote/lines.ts';
import { runOnAccount, type AccountGiven } from '../../remote/on-account.ts';
import type { SftpGiven } from '../../remote/sftp-session.ts';
import type { Remote } from '../../remote/types.ts';
import { type ReadFiles, readConfig } from './config-reader.ts';
import { type Listener, listenerIn, USUAL_LISTENER } from './listener-title.ts';
import type { ServerKeepalive } from './server-keepalive.ts';
import { countIn, timeIn } from './sshd-config-text.ts';

export type LearnGiven = SftpGiven & AccountGiven;

/** What the shell of an account can find out; `no-shell` where there is none, null where there is one and it cannot either. */
export async function learnByScript(remote: Remote, given: LearnGiven): Promise<ServerKeepalive | 'no-shell' | null> {
  const titles = await runOnAccount(remote, TITLES, { ...given, args: [] });
  if (!titles.ok) return 'no-shell';
  const found = new ScriptLines(titles.lines).all('title').map(listenerIn);
  const listener = found.find((each) => each !== null) ?? USUAL_LISTENER;
  return (await askSshd(remote, listener, given)) ?? (await readFiles(remote, listener, given));
}

/** The title of each process above this one. */
export const TITLES = `
at=$$
while [ "$at" -gt 1 ]; do
  { read -r stat <"/proc/$at/stat"; } 2>/dev/null || exit
  echo "title $(tr '\\000' ' ' <"/proc/$at/cmdline" 2>/dev/null)"
  set -- \${stat##*\\) }
  at=$2
done
`;

/** sshd -G (since 9.3) prints what holds, and needs no rights but to read. Which connection it is for it takes only beside -T. */
async function askSshd(remote: Remote, listener: Listener, given: LearnGiven): Promise<ServerKeepalive | null> {
  // What was given on its own command line counts before its files; -G does not know of it.
  if (listener.options.length > 0) return null;
  const binary = /^[\w./-]+$/.test(listener.binary) ? listener.binary : 'sshd';
  const result = await runOnAccount(remote, ASK_SSHD, { ...given, args: [binary], input: listener.config });
  if (!result.ok) return null;
  const lines = new ScriptLines(result.lines);
  const intervalMs = timeIn(lines.one('clientaliveinterval') ?? '');
  const countMax = countIn(lines.one('clientalivecountmax') ?? '');
  if (intervalMs === null || countMax === null) return null;
  return { intervalMs, countMax, source: 'sshd', conditional: !lines.has('for this connection') };
}

const ASK_SSHD = `
sshd=$2
keep() { grep -i '^clientalive' ; }
set -- $SSH_CONNECTION
us="user=$(id -un),host=$1,addr=$1,laddr=$3,lport=$4"
said=$("$sshd" -G -T -f "$input" -C "$us" 2>/dev/null) && { echo "for this connection"; echo "$said" | keep; exit; }
said=$("$sshd" -G -f "$input" 2>/dev/null) && echo "$said" | keep
`;

async function readFiles(remote: Remote, { config, options }: Listener, given: LearnGiven): Promise<ServerKeepalive | null> {
  const read: ReadFiles = async (pattern) => {
    const result = await runOnAccount(remote, readScript('clientalive'), { ...given, args: [], input: pattern });
    return result.ok ? textsIn(result.lines) : null;
  };
  const found = await readConfig(config, { read, options });
  return found === null ? null : { ...found, source: 'config' };
}

/** `file` before each file, its lines of interest with `> ` in front, and `hidden` where sshd may see more than we do. */
export function textsIn(lines: readonly string[]): string[] | null {
  if (!lines.includes('whole')) return null;
  const texts: string[] = [];
  for (const line of lines) {
    if (line === 'file') texts.push('');
    else if (line.startsWith('> ')) texts.push(`${texts.pop() ?? ''}${line.slice(2)}\n`);
  }
  return texts;
}

// With an empty IFS a pattern is expanded, and not split at its blanks.
/** Prints the lines of the files of a pattern that begin with one of the keywords (`a|b`), for `textsIn`. */
export const readScript = (keywords: string): string => `
folder=\${input%/*}
[ -r "$folder/" ] && [ -x "$folder/" ] || [ ! -e "$folder" ] || exit
IFS=
set -- $input
for file in "$@"; do
  [ -e "$file" ] || continue
  [ -r "$file" ] || exit
  echo file
  grep -iE '^[[:space:]]*(${keywords}|include|match)' "$file" | sed 's/^/> /'
done
echo whole
`;
