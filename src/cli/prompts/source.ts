import type { Prompt } from '../../model/prompt.ts';
import type { Context } from '../command.ts';
import { askpassProgram, askpassSource } from './askpass.ts';
import { keyboardSource } from './at-keyboard.ts';

/** Where answers come from. */
export interface AnswerSource {
  /**
   * One answer for each field; null: not now, the question waits on. Rejects with the signal's reason, `interrupted`
   * at Ctrl-C, or with what kept the person from being asked.
   */
  ask(prompt: Prompt, signal: AbortSignal): Promise<readonly string[] | null>;
}

/** The terminal, or the program of SSH_ASKPASS under the rules of ssh(1); null: nobody can be asked. */
export function sourceOf(context: Context): AnswerSource | null {
  const { keyboard, env } = context;
  const program = askpassProgram(env, { hasTerminal: keyboard !== null });
  if (program !== null) return askpassSource(program, context);
  return keyboard === null ? null : keyboardSource(keyboard, context);
}

/** Lines, one for each field of each question, until there are no more. */
export function linesSource(lines: AsyncIterable<string>): AnswerSource {
  const iterator = lines[Symbol.asyncIterator]();
  return {
    async ask({ fields }) {
      const answers: string[] = [];
      for (const _field of fields) {
        const next = await iterator.next();
        if (next.done === true) return null;
        answers.push(next.value);
      }
      return answers;
    },
  };
}
