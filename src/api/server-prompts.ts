import { type Problem, wordsOf } from '../model/problem.ts';
import type { Prompt } from '../model/prompt.ts';
import { SCHEMA_VERSION } from '../model/snapshot.ts';
import type { AnswerReply, AnswerRequest } from './contract.ts';
import type { Routes } from './router.ts';
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

export const promptRoutes = (prompts: PromptsPort): Routes => ({
  'GET /v1/prompts': () => ({ json: { schemaVersion: SCHEMA_VERSION, prompts: prompts.list() } }),
  'POST /v1/prompts/:id': async ({ param, body }) => {
    const id = param('id');
    const warning = await prompts.answer(id, answerRequestOf(await body()));
    return { json: replyOf(id, warning) };
  },
  'DELETE /v1/prompts/:id': ({ param }) => {
    const id = param('id');
    prompts.decline(id);
    return { json: replyOf(id, null) };
  },
});

const replyOf = (id: string, warning: Problem | null): AnswerReply => ({
  id,
  warning: warning === null ? null : { code: warning.code, ...wordsOf(warning) },
});
