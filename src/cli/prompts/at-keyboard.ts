import type { Prompt } from '../../model/prompt.ts';
import type { Context } from '../command.ts';
import type { Keyboard } from '../keyboard.ts';
import { oneLine } from '../output/plain-text.ts';
import type { Ink } from '../output/screen.ts';
import type { AnswerSource } from './source.ts';

/** Asks on the terminal: first what it is about, then one field after the other. Nothing of a server's text steers the terminal. */
export const keyboardSource = (keyboard: Keyboard, { screen }: Pick<Context, 'screen'>): AnswerSource => ({
  async ask(prompt, signal) {
    screen.complain(headOf(prompt, screen.errInk));
    const answers: string[] = [];
    for (const { text, echo } of prompt.fields) {
      const answer = await keyboard.ask(`${oneLine(text)} `, { echo, signal });
      if (answer === null) return null;
      answers.push(answer);
    }
    return answers;
  },
});

/** `? db-prod: Password of ann@bastion`, and what is to be known about it below. */
export function headOf({ title, detail, tunnels }: Prompt, ink: Ink): string {
  const who = tunnels.length === 0 ? '' : `${ink.bold(tunnels.join(', '))}: `;
  const more = detail.split(/\r?\n/).map(oneLine);
  return [`${ink.cyan('?')} ${who}${oneLine(title)}`, ...more.flatMap((line) => (line === '' ? [] : [`  ${line}`]))].join('\n');
}
