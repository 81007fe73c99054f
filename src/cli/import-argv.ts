import { isCommand } from '../profiles/import/command-line.ts';

/** Options of ours that take a value, which is therefore no command, even where it is called `ssh`. */
const WITH_VALUE: ReadonlySet<string> = new Set(['--name', '--to', '--host', '-F', '--F']);

/** Puts `--` in front of a pasted `ssh ...`, as its options are ssh's and not ours. */
export function commandAfterDashes(argv: readonly string[]): string[] {
  if (argv.includes('--')) return [...argv];
  const start = argv.findIndex((word, index) => !word.startsWith('-') && isCommand([word]) && !WITH_VALUE.has(argv[index - 1] ?? ''));
  return start < 0 ? [...argv] : [...argv.slice(0, start), '--', ...argv.slice(start)];
}
