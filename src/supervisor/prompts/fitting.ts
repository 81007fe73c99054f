import { ProblemError, problem } from '../../model/problem.ts';
import { fieldsOf, rememberOf } from '../../model/prompt-words.ts';
import type { Question, Remember } from '../../model/prompt.ts';
import type { Answers } from './memory.ts';

export type Reply = { readonly answers: Answers; readonly remember?: Remember | undefined };

/**
 * The answers as the login is given them; null: no. Throws `answer-unfit`, which never says what was answered.
 * To a new host key the answer is `yes`, `no` or its fingerprint, as in ssh(1).
 */
export function fitting(question: Question, { answers, remember }: Reply): Answers | null {
  const wanted = fieldsOf(question).length;
  if (answers.length !== wanted) throw unfit(`${wanted} asked for, ${answers.length} given`);
  if (answers.some((answer) => answer.includes('\0'))) throw unfit('a NUL is in it');
  if (remember !== undefined && !rememberOf(question).includes(remember)) throw unfit('an answer of this kind cannot be remembered');
  return question.is === 'host-key' ? wordOn(question.fingerprint, answers[0] ?? '') : answers;
}

function wordOn(fingerprint: string, answer: string): Answers | null {
  const word = answer.trim();
  if (word.toLowerCase() === 'no') return null;
  if (word.toLowerCase() === 'yes' || word === fingerprint) return ['yes'];
  throw unfit(word.startsWith('SHA256:') ? 'it is another fingerprint' : 'it takes yes, no or the fingerprint');
}

const unfit = (why: string): ProblemError => new ProblemError(problem('answer-unfit', { why }));
