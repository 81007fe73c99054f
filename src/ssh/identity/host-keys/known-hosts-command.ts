import { execFile } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { problem, ProblemError } from '../../../model/problem.ts';
import { localUser } from '../../config/local-user.ts';
import type { ResolvedHop } from '../../types.ts';
import { describeKey } from './host-key.ts';
import { nameOfHop } from './known-keys.ts';
import { splitWords } from './split-words.ts';

/** Why it is asked (ssh_config(5), %I), and the key that was shown. */
export type CommandUse = { readonly for: 'ORDER' } | { readonly for: 'HOSTNAME'; readonly key: Buffer };

/**
 * What KnownHostsCommand prints; nothing where none is configured. As in ssh it is run without a shell, and where it
 * cannot be started it has nothing to say. Rejects with `known-hosts-command-failed` where it ends badly, or not in time.
 */
export async function runKnownHostsCommand(hop: ResolvedHop, use: CommandUse): Promise<string> {
  const words = hop.trust.command === null ? null : splitWords(hop.trust.command);
  const [program, ...args] = words ?? [];
  if (program === undefined || !isAbsolute(program)) return '';
  const expand = expander(hop, use);
  const expanded = args.map(expand);
  return new Promise((resolve, reject) => {
    const limits = { timeout: hop.connectTimeoutMs, killSignal: 'SIGKILL', maxBuffer: MOST_OUTPUT, encoding: 'latin1' } as const;
    const child = execFile(program, expanded, limits, (error, stdout) => {
      if (error === null || isAbsent(error)) resolve(error === null ? stdout : '');
      else reject(failed(program, reasonOf(error, hop)));
    });
    child.stdin?.end();
  });
}

const MOST_OUTPUT = 4 * 1024 * 1024;

const failed = (command: string, why: string): ProblemError => new ProblemError(problem('known-hosts-command-failed', { command, why }));

const isAbsent = ({ code }: { code?: unknown }): boolean => code === 'ENOENT' || code === 'ENOTDIR';

function reasonOf({ code, signal, killed }: { code?: unknown; signal?: unknown; killed?: boolean }, hop: ResolvedHop): string {
  if (typeof code === 'number') return `it ended with code ${code}`;
  if (typeof code === 'string') return code;
  return killed ? `it did not end within ${hop.connectTimeoutMs} ms` : `it was ended by ${String(signal)}`;
}

/** The tokens of ssh_config(5), and `${VARIABLE}`. */
function expander(hop: ResolvedHop, use: CommandUse): (text: string) => string {
  const tokens = tokensOf(hop, use);
  return (text) =>
    text.replaceAll(/%(.?)|\$\{([^}]*)\}/g, (whole, letter: string | undefined, variable: string | undefined) => {
      const value = variable === undefined ? tokens.get(letter ?? '') : process.env[variable];
      if (value === undefined) throw failed(hop.trust.command ?? '', `${whole} stands for nothing here`);
      return value;
    });
}

function tokensOf(hop: ResolvedHop, use: CommandUse): ReadonlyMap<string, string> {
  const user = localUser(process.env);
  const key = use.for === 'HOSTNAME' ? describeKey(use.key) : { type: 'NONE', fingerprint: 'NONE', blob: 'NONE' };
  return new Map([
    ['%', '%'],
    ['H', nameOfHop(hop)],
    ['I', use.for],
    ['t', key.type],
    ['f', key.fingerprint],
    ['K', key.blob],
    ['d', user.home],
    ['h', hop.host],
    ['i', String(user.uid)],
    ['k', hop.knownHosts.alias ?? hop.name],
    ['l', user.hostname],
    ['L', user.hostname.split('.')[0] ?? user.hostname],
    ['n', hop.name],
    ['p', String(hop.port)],
    ['r', hop.user],
    ['u', user.name],
  ]);
}
