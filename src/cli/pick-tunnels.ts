import { nearest } from '../model/nearest.ts';
import { problem, ProblemError } from '../model/problem.ts';
import type { TunnelSnapshot } from '../model/snapshot.ts';
import type { Context } from './command.ts';

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

/**
 * Throws `tunnel-not-found` for the first name that is no profile either, with the nearest of both:
 * a profile that was never brought up is no mistake.
 */
export async function checkProfiles(names: readonly string[], tunnels: readonly TunnelSnapshot[], context: Context): Promise<void> {
  if (names.length === 0) return;
  const { profileNames } = await import('./profile-files.ts');
  const profiles = await profileNames(context);
  const name = names.find((one) => !profiles.includes(one));
  if (name === undefined) return;
  const known = [...tunnels.map((tunnel) => tunnel.name), ...profiles];
  throw new ProblemError(problem('tunnel-not-found', { name, nearest: nearest(name, known) }));
}
