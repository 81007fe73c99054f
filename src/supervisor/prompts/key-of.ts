import { createHash } from 'node:crypto';
import { fieldsOf } from '../../model/prompt-words.ts';
import type { Question } from '../../model/prompt.ts';

/**
 * Questions of the same key have the same answer. `place` is the way to the server: two servers behind different
 * hops may have the same address, and the password of one is not for the other.
 */
export function keyOf(question: Question, place: string): string {
  if (question.is === 'passphrase') return JSON.stringify(['passphrase', question.fingerprint ?? question.path]);
  const { is, host, port, user } = question;
  const about = is === 'host-key' ? [question.type, question.fingerprint] : fieldsOf(question).map(({ text }) => text);
  const said = question.is === 'questions' ? [question.name, question.instruction] : [];
  return JSON.stringify([is, place, host, port, user, ...about, ...said]);
}

/** The name of an answer in the keychain; without what is nobody's business who lists it. */
export function keychainName(question: Question, place: string): string {
  const digest = createHash('sha256').update(keyOf(question, place)).digest('hex').slice(0, 16);
  if (question.is === 'passphrase') return `passphrase ${question.path} ${digest}`;
  return `${question.is} ${question.user}@${question.host}:${question.port} ${digest}`;
}
