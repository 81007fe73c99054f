import type { Directive, Line } from 'ssh-config';

/**
 * The directives that hold a command for a shell, with the rest of their line as it is written: the parser of the
 * files takes quotes away and splits at each `=`.
 */
export function commandsIn(lines: readonly Line[], text: string): readonly (readonly [Directive, string])[] {
  const written = [...text.matchAll(/^[^\S\n]*(?:ProxyCommand|KnownHostsCommand)(?:[^\S\n]*=[^\S\n]*|[^\S\n]+)([^\n]*)$/gim)];
  const directives = commandDirectives(lines);
  if (written.length !== directives.length) throw new Error('the commands cannot be told apart');
  return directives.map((line, at) => [line, (written[at]?.[1] ?? '').trim()]);
}

const commandDirectives = (lines: readonly Line[]): Directive[] =>
  lines.flatMap((line) => {
    if (!('param' in line)) return [];
    if ('config' in line) return commandDirectives(line.config);
    return /^(proxy|knownhosts)command$/i.test(line.param) ? [line] : [];
  });
