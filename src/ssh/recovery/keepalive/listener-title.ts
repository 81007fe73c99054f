import { posix } from 'node:path';
import { type Directive, directivesIn } from './sshd-config-text.ts';

/** How a server's sshd was started. */
export type Listener = { readonly config: string; readonly binary: string; readonly options: readonly Directive[] };

export const USUAL_LISTENER: Listener = { config: '/etc/ssh/sshd_config', binary: 'sshd', options: [] };

/**
 * The listening sshd shows its command line as its title: `sshd: /usr/sbin/sshd -D -f /etc/ssh/other [listener] 0 of 10-100
 * startups`. Null for the title of another process, and for one that names a file that cannot be found by it.
 */
export function listenerIn(title: string): Listener | null {
  const [, command] = /^sshd: (\S.*) \[listener\]/.exec(title) ?? [];
  if (command === undefined) return null;
  const [binary = 'sshd', ...args] = command.split(/\s+/);
  const given = optionsIn(args);
  const config = given.find(([flag]) => flag === 'f')?.[1] ?? USUAL_LISTENER.config;
  if (!posix.isAbsolute(config)) return null;
  return { config, binary, options: directivesIn(given.flatMap(([flag, value]) => (flag === 'o' ? [value] : [])).join('\n')) };
}

/** getopt(3): a value may follow its flag at once, and `--` ends them. Flags of sshd(8) that take a value. */
const VALUED = 'bCcEfghkopu';

function optionsIn(args: readonly string[]): [flag: string, value: string][] {
  const found: [string, string][] = [];
  for (let i = 0; i < args.length && /^-[^-]/.test(args[i]!); i++) {
    const word = args[i]!.slice(1);
    const at = [...word].findIndex((letter) => VALUED.includes(letter));
    if (at < 0) continue;
    const attached = word.slice(at + 1);
    found.push([word[at]!, attached === '' ? (args[++i] ?? '') : attached]);
  }
  return found;
}
