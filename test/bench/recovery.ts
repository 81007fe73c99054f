import { autossh, type Client, tunnels } from './recovery-clients.ts';
import { inParallel, OneAtATime } from './one-at-a-time.ts';
import { round } from './recovery-round.ts';
import { ROWS } from './recovery-rows.ts';
import { cell, type Found, printTable } from './recovery-table.ts';
import { verdicts } from './recovery-verdicts.ts';

/**
 * How long a remote port stays unusable after silent network cuts, with real OpenSSH in network namespaces, side by side
 * with autossh; bounds are in seconds, as people wait in seconds. ROWS=regex chooses rows, ROUNDS and AUTOSSH_ROUNDS limit
 * the rounds, WORKERS is how many wait for their outages side by side, SSHD=10 takes OpenSSH 10 in place of the system's.
 */
export async function main(): Promise<boolean> {
  const wanted = new RegExp(process.env['ROWS'] ?? '', 'i');
  const found = ROWS.filter(({ situation }) => wanted.test(situation.what)).map(
    (row): Found => ({ row, tunnels: [], autossh: [], failed: 0 }),
  );
  const turns = new OneAtATime();
  await inParallel(interleaved(found, turns), Number(process.env['WORKERS'] ?? 6));
  const isMet = found.length === 0 || printTable(found);
  return (await verdicts(wanted)) && isMet;
}

/** The rounds of all rows mixed, so that a machine's drift hits all alike; the longest first. */
function interleaved(found: readonly Found[], turns: OneAtATime): (() => Promise<void>)[] {
  const most = Math.max(...found.map(({ row }) => row.rounds));
  const byLength = found.toSorted((a, b) => (b.row.situation.seconds ?? 0) - (a.row.situation.seconds ?? 0));
  return Array.from({ length: most }, (_, number) =>
    byLength.flatMap((each) => [...work(each, tunnels, number, turns), ...work(each, autossh, number, turns)]),
  ).flat();
}

function work(found: Found, client: Client, number: number, turns: OneAtATime): (() => Promise<void>)[] {
  const { rounds, autosshRounds, situation } = found.row;
  if (number >= (client.name === 'tunnels' ? rounds : autosshRounds)) return [];
  return [
    async () => {
      try {
        const taken = await round({ situation, client, turns });
        found[client.name].push(taken);
        process.stdout.write(`  ${new Date().toISOString()} ${client.name.padEnd(7)} ${situation.what}: ${cell([taken])}\n`);
      } catch (error) {
        found.failed += 1;
        process.stdout.write(`  ${new Date().toISOString()} ${client.name.padEnd(7)} ${situation.what}: FAILED ${String(error)}\n`);
      }
    },
  ];
}
