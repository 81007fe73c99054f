import { table } from './output/table.ts';
import { COMMANDS, commandsOf, type Entry } from './registry.ts';

/** `tunnels --help`. */
export const rootHelp = (): string => `tunnels <command> [options]

Keeps SSH tunnels up, and brings them back after anything.

Commands:
${listed(COMMANDS)}

Everywhere: --json --quiet --verbose --no-color --help --version

Examples:
${table([
  ['  tunnels up db-prod', 'bring up a profile'],
  ['  tunnels up -L 5432:db.internal:5432 ann@bastion', 'the same flags as ssh, without a profile'],
  ['  tunnels status', 'see how all tunnels are'],
])}

More of a command: tunnels <command> --help`;

/** `tunnels <group> --help`. */
export const groupHelp = (group: string): string => `tunnels ${group} <command> [options]

Commands:
${listed(commandsOf(group))}

More of a command: tunnels ${group} <command> --help`;

const listed = (entries: readonly Entry[]): string =>
  table(entries.map(({ name, aliases = [], describe }) => [`  ${[name, ...aliases].join(', ')}`, describe]));
