import { nearest } from '../model/nearest.ts';
import { problem, ProblemError } from '../model/problem.ts';
import type { TunnelSnapshot } from '../model/snapshot.ts';

type Asked = { readonly command: string; readonly words: readonly string[]; readonly all: boolean };

/** Refuses a command line that names neither tunnels nor --all, or both. */
export function checkAsked({ command, words, all }: Asked): void {
  if (all && words.length > 0) throw new ProblemError(problem('option-needs-words', { command, option: '--all' }));
  if (!all && words.length === 0) throw new ProblemError(problem('words-missing', { command, usage: `${command} <name>... | --all` }));
}

/** Splits the names into tunnels there are and names there are not, each once. */
export function pick(tunnels: readonly TunnelSnapshot[], { words, all }: Asked): { found: TunnelSnapshot[]; missing: string[] } {
  if (all) return { found: [...tunnels], missing: [] };
  const names = [...new Set(words)];
  return {
    found: names.flatMap((name) => tunnels.filter((tunnel) => tunnel.name === name)),
    missing: names.filter((name) => !tunnels.some((tunnel) => tunnel.name === name)),
  };
}

export const notFound = (name: string, tunnels: readonly TunnelSnapshot[]): ProblemError =>
  new ProblemError(
    problem('tunnel-not-found', {
      name,
      nearest: nearest(
        name,
        tunnels.map((tunnel) => tunnel.name),
      ),
    }),
  );
