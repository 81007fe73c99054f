import { type Problem, wordsOf } from '../../model/problem.ts';
import type { Ink } from './screen.ts';

/** What happened and why, then what to do now. */
export function explain(problem: Problem, ink: Ink): string {
  return explainWords(wordsOf(problem), ink);
}

/** The same for words that came over the wire with a snapshot. */
export const explainWords = ({ text, next }: { readonly text: string; readonly next: string }, ink: Ink): string =>
  [`${ink.red('✗')} ${text}`, ...(next === '' ? [] : [`  ${ink.cyan('→')} ${next}`])].join('\n');
