import { Hono } from 'hono';
import { type Problem, wordsOf } from '../model/problem.ts';
import type { Prompt } from '../model/prompt.ts';
import { SCHEMA_VERSION } from '../model/snapshot.ts';
import type { AnswerReply, AnswerRequest } from './contract.ts';
import { answerRequestOf } from './server-input.ts';

/** What logins ask a person. Throws `prompt-gone` and `answer-unfit`. */
export interface PromptsPort {
  list(): Prompt[];
  /** Resolves with what kept the answer from being remembered, if anything did. */
  answer(id: string, request: AnswerRequest): Promise<Problem | null>;
  /** Says no. */
  decline(id: string): void;
  subscribe(listener: (event: PromptEvent) => void): () => void;
}
type PromptEvent = { type: 'prompt'; prompt: Prompt } | { type: 'prompt-gone'; id: string };

/** The routes below /v1/prompts. */
export const promptRoutes = (prompts: PromptsPort): Hono =>
  new Hono()
    .get('/', (c) => c.json({ schemaVersion: SCHEMA_VERSION, prompts: prompts.list() }))
    .post('/:id', async (c) => {
      const id = c.req.param('id');
      const warning = await prompts.answer(id, answerRequestOf(await c.req.text()));
      return c.json(replyOf(id, warning));
    })
    .delete('/:id', (c) => {
      const id = c.req.param('id');
      prompts.decline(id);
      return c.json(replyOf(id, null));
    });

const replyOf = (id: string, warning: Problem | null): AnswerReply => ({
  id,
  warning: warning === null ? null : { code: warning.code, ...wordsOf(warning) },
});
