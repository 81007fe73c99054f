import type { TunnelSnapshot } from '../../model/snapshot.ts';
import type { Context } from '../command.ts';
import { createChanges, type Line, linesOf } from './changes.ts';

/** Shows how tunnels come up: a spinner with a line for each hop and forward on a terminal, one plain line for each change elsewhere. */
export interface Progress {
  show(tunnels: readonly TunnelSnapshot[]): void;
  /** While a person is asked something on the same terminal nothing else is written there. */
  pause(asking: boolean): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

export async function openProgress(context: Context): Promise<Progress> {
  const { screen } = context;
  if (screen.mode.quiet) return { show: () => {}, pause: () => {}, close: () => {} };
  return screen.stderrIsTerminal ? await spinning(context) : plainly(context);
}

function plainly({ screen }: Context): Progress {
  const changesOf = createChanges();
  return {
    // What blocks a tunnel is told at the end, with what to do about it; once is enough.
    show: (tunnels) =>
      tunnels
        .filter(({ state }) => state !== 'blocked')
        .flatMap(changesOf)
        .forEach((line) => screen.say(line)),
    pause: () => {},
    close: () => {},
  };
}

/** Ora is loaded here only, as it costs as much as the rest of the command. */
async function spinning({ stderr }: Context): Promise<Progress> {
  const { default: ora } = await import('ora');
  // With discardStdin ora would take the terminal into raw mode and Ctrl-C with it.
  const spinner = ora({ stream: stderr, discardStdin: false, text: 'asking the supervisor' }).start();
  return {
    show(tunnels) {
      spinner.text = spinnerText(tunnels);
    },
    pause: (asking) => void (asking ? spinner.stop() : spinner.start()),
    close: () => void spinner.stop(),
  };
}

/** The names beside the spinner, and below them what is done and what is under way. */
export function spinnerText(tunnels: readonly TunnelSnapshot[]): string {
  return tunnels.map((tunnel) => [`${tunnel.name} ${tunnel.state}`, ...linesOf(tunnel).flatMap(spinnerLine)].join('\n')).join('\n');
}

const spinnerLine = ({ done, text }: Line): string[] => (text === '' ? [] : [`  ${done ? '✔' : '·'} ${text}`]);
