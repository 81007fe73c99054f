import { EXIT, type Entries } from './entry.ts';

/** What a person is asked before a profile of others is used. */
export type TrustFacts = {
  'trust-unasked': { readonly names: string };
  'trust-declined': { readonly names: string };
  'trust-overtaken': { readonly names: string };
};

const person = { retry: 'person', exit: EXIT.personNeeded } as const;

export const TRUST: Entries<TrustFacts> = {
  'trust-unasked': {
    ...person,
    text: (f) => `Whether to trust ${f.names} has to be asked, and there is no terminal to ask on. Nothing was trusted.`,
    next: (f) => `Look at it on a terminal, or take it as it is: tunnels profiles trust ${f.names} --yes`,
  },
  'trust-declined': {
    ...person,
    text: (f) => `Nothing was trusted; ${f.names} cannot be brought up as shown.`,
    next: () => 'What you trusted before stays in use as long as its files say what they said then.',
  },
  'trust-overtaken': {
    ...person,
    text: (f) => `Trust in ${f.names} was changed elsewhere while you looked. Nothing was trusted, and what was decided there stays.`,
    next: (f) => `If it may be used all the same, look at it again: tunnels profiles trust ${f.names}`,
  },
};
