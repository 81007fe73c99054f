import { printable } from './printable.ts';
import type { Asker, Field, Prompt, Question, Remember } from './prompt.ts';

/**
 * The parts of a prompt that its question alone gives. A server may say what it likes: of its words only so much is shown
 * that the question stays to be seen, and nothing that could steer a terminal, whichever client shows it.
 */
export const promptOf = (question: Question): Pick<Prompt, 'is' | 'title' | 'detail' | 'fields' | 'remember' | 'about'> => ({
  is: question.is,
  title: shown(titleOf(question), 500),
  detail: shown(detailOf(question), 4_000),
  fields: fieldsOf(question).map(({ text, echo }) => ({ text: shown(text, 500), echo })),
  remember: [...rememberOf(question)],
  about: aboutOf(question),
});

const shown = (text: string, most: number): string => printable(text.slice(0, most).replaceAll(/\r+\n/g, '\n'));

/** What has to be answered, one string each. */
export function fieldsOf(question: Question): readonly Field[] {
  switch (question.is) {
    case 'passphrase':
      return [{ text: 'Passphrase: ', echo: false }];
    case 'password':
      return [{ text: 'Password: ', echo: false }];
    case 'questions':
      return question.questions;
    case 'host-key':
      return [{ text: 'Is it the right one (yes/no/the fingerprint)? ', echo: true }];
  }
}

/** One-time codes are of no use twice, and a trusted host key is remembered in known_hosts. */
export const rememberOf = ({ is }: Question): readonly Remember[] =>
  is === 'passphrase' || is === 'password' ? ['supervisor', 'keychain'] : [];

/** What is asked for, for a sentence such as "It waits for ...". Nothing of it is what a server says or a person answered. */
export function whatIsAsked(question: Question): string {
  switch (question.is) {
    case 'passphrase':
      return `the passphrase of the key ${question.path}`;
    case 'password':
      return `the password of ${loginOf(question)}`;
    case 'questions':
      return `${question.questions.length === 1 ? 'an answer' : `${question.questions.length} answers`} to log in as ${loginOf(question)}`;
    case 'host-key':
      return `a word on the new host key of ${placeOf(question)}, ${question.type} ${question.fingerprint}`;
  }
}

function titleOf(question: Question): string {
  switch (question.is) {
    case 'passphrase':
      return `Passphrase of the key ${question.path}${question.fingerprint === null ? '' : ` (${question.fingerprint})`}`;
    case 'password':
      return `Password of ${loginOf(question)}`;
    case 'questions':
      return `${loginOf(question)} is asked`;
    case 'host-key':
      return `The host key of ${placeOf(question)} is not known: ${question.type} ${question.fingerprint}`;
  }
}

function detailOf(question: Question): string {
  switch (question.is) {
    case 'passphrase':
    case 'password':
      if (!question.again) return '';
      return question.remembered === true ? `The remembered ${question.is} was wrong.` : 'The last answer was wrong.';
    case 'questions':
      return [question.again ? 'What was answered before was refused.' : '', question.name, question.instruction]
        .filter((text) => text !== '')
        .join('\n');
    case 'host-key':
      return 'Compare the fingerprint with one from a source that you trust.';
  }
}

function aboutOf(question: Question): Prompt['about'] {
  if (question.is === 'passphrase') {
    return { path: question.path, ...(question.fingerprint !== null && { fingerprint: question.fingerprint }) };
  }
  const { host, port, user } = question;
  return { host, port, user, ...(question.is === 'host-key' && { type: question.type, fingerprint: question.fingerprint }) };
}

const placeOf = ({ host, port }: Asker): string => (port === 22 ? host : `[${host}]:${port}`);
const loginOf = (asker: Asker): string => `${asker.user}@${placeOf(asker)}`;
