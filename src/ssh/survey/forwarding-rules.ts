import { ScriptLines } from '../remote/lines.ts';
import { type AccountGiven, filesOfAccount, runOnAccount } from '../remote/on-account.ts';
import type { SftpGiven } from '../remote/sftp-session.ts';
import type { Remote } from '../remote/types.ts';
import { readScript, textsIn, TITLES } from '../recovery/keepalive/by-script.ts';
import { listenerAbove, readerOf } from '../recovery/keepalive/by-sftp.ts';
import { type Listener, listenerIn, USUAL_LISTENER } from '../recovery/keepalive/listener-title.ts';
import { directivesIn } from '../recovery/keepalive/sshd-config-text.ts';
import { readSshdSettings, type SshdSettings } from './sshd-settings.ts';

export type Allows = 'yes' | 'no' | 'local' | 'remote';

/** What a server's sshd lets its users listen on (sshd_config(5)). */
export type ForwardingRules = {
  readonly gatewayPorts: 'no' | 'yes' | 'clientspecified';
  readonly tcp: Allows;
  readonly sockets: Allows;
  readonly disabled: boolean;
  /** PermitListen: `[host:]port` each; null: everything. */
  readonly permitListen: readonly string[] | null;
  /** Keywords that may hold another value for this login: a Match block sets them, or a file that we may not read. */
  readonly uncertain: readonly string[];
};

type Given = SftpGiven & AccountGiven;

const KEYWORDS = ['gatewayports', 'allowtcpforwarding', 'allowstreamlocalforwarding', 'disableforwarding', 'permitlisten'] as const;

/** By `sshd -G` where there is one, else by its files, read by the account's shell or over SFTP; null where neither shows them. */
export async function learnForwardingRules(remote: Remote, given: Given): Promise<ForwardingRules | null> {
  if (!remote.ident.startsWith('OpenSSH_')) return null;
  const settings = (await byShell(remote, given)) ?? (await bySftp(remote, given));
  return settings === null ? null : rulesIn(settings);
}

/** The words of sshd_config, with sshd's defaults for what is not said. */
export function rulesIn({ values, conditional }: SshdSettings): ForwardingRules {
  const word = (keyword: string): string => values.get(keyword)?.[0]?.toLowerCase() ?? '';
  const gateway = word('gatewayports');
  const listens = values.get('permitlisten') ?? ['any'];
  return {
    gatewayPorts: gateway === 'yes' || gateway === 'clientspecified' ? gateway : 'no',
    tcp: allowsIn(word('allowtcpforwarding')),
    sockets: allowsIn(word('allowstreamlocalforwarding')),
    disabled: word('disableforwarding') === 'yes',
    permitListen: listens[0]?.toLowerCase() === 'any' ? null : listens.filter((each) => each.toLowerCase() !== 'none'),
    uncertain: [...conditional],
  };
}

const allowsIn = (word: string): Allows => (word === 'no' || word === 'local' || word === 'remote' ? word : 'yes');

async function byShell(remote: Remote, given: Given): Promise<SshdSettings | null> {
  const titles = await runOnAccount(remote, TITLES, { ...given, args: [] });
  if (!titles.ok) return null;
  const found = new ScriptLines(titles.lines).all('title').map(listenerIn);
  const listener = found.find((each) => each !== null) ?? USUAL_LISTENER;
  return (await askSshd(remote, listener, given)) ?? (await readFiles(remote, listener, given));
}

/** sshd -G (since 9.3) prints what holds for one connection, each keyword in a line; it takes -C only beside -T. */
async function askSshd(remote: Remote, listener: Listener, given: Given): Promise<SshdSettings | null> {
  // What was given on its own command line counts before its files; -G does not know of it.
  if (listener.options.length > 0) return null;
  const binary = /^[\w./-]+$/.test(listener.binary) ? listener.binary : 'sshd';
  const result = await runOnAccount(remote, ASK, { ...given, args: [binary], input: listener.config });
  if (!result.ok) return null;
  const said = directivesIn(result.lines.join('\n')).filter(({ keyword }) => KEYWORDS.some((each) => each === keyword));
  if (said.length === 0) return null;
  return { values: new Map(said.toReversed().map(({ keyword, args }) => [keyword, args])), conditional: new Set() };
}

const ASK = `
sshd=$2
set -- $SSH_CONNECTION
"$sshd" -G -T -f "$input" -C "user=$(id -un),host=$1,addr=$1,laddr=$3,lport=$4" 2>/dev/null | grep -iE '^(${KEYWORDS.join('|')}) '
`;

async function readFiles(remote: Remote, { config, options }: Listener, given: Given): Promise<SshdSettings | null> {
  const script = readScript(KEYWORDS.join('|'));
  return await readSshdSettings({
    path: config,
    options,
    keywords: KEYWORDS,
    read: async (pattern) => {
      const result = await runOnAccount(remote, script, { ...given, args: [], input: pattern });
      return result.ok ? textsIn(result.lines) : null;
    },
  });
}

async function bySftp(remote: Remote, given: Given): Promise<SshdSettings | null> {
  const files = await filesOfAccount(remote, given);
  if (files === null) return null;
  try {
    const listener = await listenerAbove(files);
    if (listener === null) return null;
    return await readSshdSettings({ path: listener.config, options: listener.options, keywords: KEYWORDS, read: readerOf(files) });
  } finally {
    files.close();
  }
}
