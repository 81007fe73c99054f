import type { SupervisorClient } from '../../api/client.ts';
import { problemOf, wordsOf } from '../../model/problem.ts';
import type { Prompt, Remember } from '../../model/prompt.ts';
import type { Context } from '../command.ts';
import { explainWords } from '../output/explain.ts';
import type { AnswerSource } from './source.ts';

export type AnswerNeeds = {
  readonly client: SupervisorClient;
  readonly context: Context;
  readonly source: AnswerSource;
  readonly remember: Remember | null;
};

/** `unkept`: taken, but it could not be remembered as was asked for; why has been told. */
export type Answered = 'answered' | 'unkept' | 'given-up';

/** Asks one question, again and again until the answer fits or is given up. Rejects as the source does, or with `prompt-gone`. */
export async function answerPrompt(prompt: Prompt, needs: AnswerNeeds, signal: AbortSignal): Promise<Answered> {
  const { client, context, source } = needs;
  for (;;) {
    const answers = await source.ask(prompt, signal);
    if (answers === null) return 'given-up';
    try {
      const { warning } = await client.answer(prompt.id, { answers: [...answers], ...remembering(prompt, needs) });
      if (warning === null) return 'answered';
      context.screen.complain(explainWords(warning, context.screen.errInk));
      return 'unkept';
    } catch (error) {
      if (problemOf(error).code !== 'answer-unfit') throw error;
      // Without its advice: the question comes again at once.
      context.screen.complain(explainWords({ text: wordsOf(problemOf(error)).text, next: '' }, context.screen.errInk));
    }
  }
}

/** What cannot be kept, such as a one-time code, is answered all the same. */
const remembering = (prompt: Prompt, { remember }: AnswerNeeds): { readonly remember?: Remember } =>
  remember !== null && prompt.remember.includes(remember) ? { remember } : {};
