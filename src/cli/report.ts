import { problem, wordsOf } from '../model/problem.ts';
import { EXIT, type ExitCode } from '../model/problems/entry.ts';
import { SCHEMA_VERSION, type TunnelSnapshot } from '../model/snapshot.ts';
import type { Screen } from './output/screen.ts';
import { explainWords } from './output/explain.ts';
import { addresses } from './output/forward-line.ts';
import { worst } from './settle.ts';
import type { Outcome } from './wait-until-up.ts';

/** Prints each address to use, says what is not up and why, and gives back the worst exit code. */
export function report(outcomes: readonly Outcome[], { screen, seconds }: { readonly screen: Screen; readonly seconds: number }): ExitCode {
  const tunnels = outcomes.map(({ tunnel }) => tunnel);
  screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, tunnels }), text: () => addresses(tunnels) });
  for (const tunnel of tunnels) tellWarnings(tunnel, screen);
  for (const outcome of outcomes) tellTrouble(outcome, { screen, seconds });
  return worst(outcomes.map(({ exit }) => exit));
}

/** What listens, but not quite as the profile has it: on another port, or on a part of what was asked for. */
function tellWarnings(tunnel: TunnelSnapshot, screen: Screen): void {
  for (const { name, state, warning } of tunnel.forwards) {
    if (state !== 'listening' || warning === null) continue;
    screen.say(`${screen.errInk.yellow('!')} ${tunnel.name} ${name}: ${warning.text}`);
    screen.say(`  ${screen.errInk.cyan('→')} ${warning.next}`);
  }
}

function tellTrouble({ tunnel, exit }: Outcome, { screen, seconds }: { readonly screen: Screen; readonly seconds: number }): void {
  if (exit === EXIT.done) return;
  if (tunnel.state === 'down') return screen.complain(explainWords(wordsOf(problem('asked-down', {}), tunnel.name), screen.errInk));
  if (exit === EXIT.notUpInTime) screen.explain(problem('not-up-in-time', { name: tunnel.name, seconds }));
  const because = [tunnel.because, ...tunnel.forwards.map((forward) => forward.because)];
  const told = new Map(because.flatMap((words) => (words === null ? [] : [[words.text, words] as const])));
  for (const words of told.values()) screen.complain(explainWords({ ...words, text: `${tunnel.name}: ${words.text}` }, screen.errInk));
}

/** For --no-wait: what was asked for, as it stands now. */
export function reportAsked(tunnels: readonly TunnelSnapshot[], screen: Screen): ExitCode {
  screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, tunnels }), text: () => '' });
  for (const { name } of tunnels) screen.say(`${name} is being brought up. See how it stands: tunnels status ${name}`);
  return EXIT.done;
}
