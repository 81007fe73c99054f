import { randomBytes } from 'node:crypto';
import { must, run } from './run.ts';
import { until } from './until.ts';

export type Terminal = {
  /** What is to be seen now. */
  screen(): Promise<string>;
  waitFor(pattern: RegExp): Promise<string>;
  /** Keys as tmux(1) names them: `C-c`, `Enter`, or text. */
  press(...keys: readonly string[]): Promise<void>;
  close(): Promise<void>;
};

const SIZE = { columns: 120, rows: 40 };

/**
 * Runs a line of sh(1) in a real terminal (tmux(1)) that stays when the line has ended and then shows `ended with CODE`.
 * The shell itself survives Ctrl-C; what it runs gets it as any program does.
 */
export async function openTerminal(line: string): Promise<Terminal> {
  const socket = `tunnels-test-${process.pid}-${randomBytes(3).toString('hex')}`;
  const tmux = (...args: string[]): string[] => ['-L', socket, '-f', '/dev/null', ...args];
  const script = `trap : INT; (${line}); echo "ended with $?"; exec sleep 600`;
  await must('tmux', tmux('new-session', '-d', '-x', String(SIZE.columns), '-y', String(SIZE.rows), 'sh', '-c', script));
  const screen = (): Promise<string> => must('tmux', tmux('capture-pane', '-p'));
  return {
    screen,
    async waitFor(pattern) {
      const seen = { last: '' };
      const look = async (): Promise<string | false> => pattern.test((seen.last = await screen())) && seen.last;
      return await until(look, { what: String(pattern), withinMs: 30_000 }).catch((error: Error) => {
        throw new Error(`${error.message}; the screen was:\n${seen.last}`);
      });
    },
    press: async (...keys) => void (await must('tmux', tmux('send-keys', ...keys))),
    close: async () => void (await run('tmux', tmux('kill-server'))),
  };
}
