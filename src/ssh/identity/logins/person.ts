import type { Notice, Question } from '../../../model/prompt.ts';

/** Whoever can answer what a login asks: reached through the supervisor's clients, or nobody. */
export interface Person {
  /**
   * One string for each field of the question; null where nobody will answer, or the answer was no.
   * `again` in a question makes whatever was remembered for it forgotten. Rejects with the signal's reason.
   */
  ask(question: Question, signal: AbortSignal): Promise<readonly string[] | null>;
  /** Shows what is to be done, until the returned function is called. */
  show(notice: Notice): () => void;
}

/** For logins that nobody is there to help. */
export const NOBODY: Person = { ask: async () => null, show: () => () => {} };
