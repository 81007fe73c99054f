import { EXIT, type Entries } from './entry.ts';

/** What a login needs of a person, and what may keep the question from its answer. `what`: as `whatIsAsked` says it. */
export type PromptFacts = {
  'prompt-waiting': { readonly id: string; readonly what: string };
  'prompt-declined': { readonly what: string };
  'answer-needed': { readonly what: string };
  'touch-needed': { readonly host: string; readonly user: string; readonly key: string };
  'prompt-gone': { readonly id: string };
  'answer-unfit': { readonly why: string };
  'no-terminal': { readonly what: string };
  'askpass-failed': { readonly program: string; readonly why: string };
  'keychain-unusable': { readonly why: string };
};

export const PROMPT: Entries<PromptFacts> = {
  'prompt-waiting': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `It waits for ${f.what}.`,
    next: (f) => `Answer in a terminal: tunnels answer ${f.id}`,
  },
  'prompt-declined': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `It needed ${f.what}, and the answer was no.`,
    next: (_, tunnel) => `To be asked again: tunnels restart ${tunnel}`,
  },
  'answer-needed': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `The login needs ${f.what}, and nobody was asked for it here.`,
    next: (_, tunnel) => `Bring it up in a terminal and answer there: tunnels up ${tunnel}`,
  },
  'touch-needed': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `Touch your key ${f.key} to log in to ${f.host} as ${f.user}.`,
    next: () => 'Touch it; it blinks.',
  },
  'prompt-gone': {
    retry: 'person',
    exit: EXIT.failed,
    text: (f) => `Nothing is asked under the name ${f.id} any more: it was answered, or nobody waits for it now.`,
    next: () => 'See what is asked: tunnels answer',
  },
  'answer-unfit': {
    retry: 'person',
    exit: EXIT.usage,
    text: (f) => `The answer does not fit: ${f.why}. The question still waits.`,
    next: () => 'Answer again: tunnels answer',
  },
  'no-terminal': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `There is no terminal to ask on for ${f.what}.`,
    next: () => 'Run it in a terminal: tunnels answer. In a script give one answer a line: tunnels answer --stdin',
  },
  'askpass-failed': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) => `${f.program}, which SSH_ASKPASS names, gave no answer: ${f.why}.`,
    next: () => 'Answer in a terminal: tunnels answer',
  },
  'keychain-unusable': {
    retry: 'person',
    exit: EXIT.failed,
    text: (f) => `The answer was used, but not kept in the system's keychain: ${f.why}.`,
    next: () =>
      'Unlock or start the keychain (on Linux: a Secret Service such as gnome-keyring), or keep it until the supervisor ends: --remember',
  },
};
