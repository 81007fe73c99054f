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
const VALUED = /^-[^bCcEfghkopu]*([bCcEfghkopu])(.*)$/s;

function optionsIn(args: readonly string[]): [flag: string, value: string][] {
  const [word = '', ...rest] = args;
  if (!/^-[^-]/.test(word)) return [];
  const [, flag, attached = ''] = VALUED.exec(word) ?? [];
  if (flag === undefined) return optionsIn(rest);
  if (attached !== '') return [[flag, attached], ...optionsIn(rest)];
  const [value = '', ...more] = rest;
  return [[flag, value], ...optionsIn(more)];
}
