/** Exit codes of the command line; fixed. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notUpInTime: 3,
  personNeeded: 4,
  bindingHeld: 5,
  noSupervisor: 6,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * What a failure says about trying again.
 * `silent`: the try waited its whole time and nobody answered; the next may begin at once.
 * `unanswered`: nobody heard us, so asking again costs the server nothing.
 * `answered`: somebody said no for now; ask again, but less and less often.
 * `held`: another holder has what we want; it may let go.
 * `person`: only a person can change the outcome, and servers lock out those who insist.
 */
export type RetryClass = 'silent' | 'unanswered' | 'answered' | 'held' | 'person';

/** One code's words: what happened and why, what to do now; the state left behind is part of `text` where it is not obvious. */
export type Entry<Facts> = {
  readonly retry: RetryClass;
  readonly exit: ExitCode;
  readonly text: (facts: Facts) => string;
  /** `tunnel`: the name to put into commands. */
  readonly next: (facts: Facts, tunnel: string) => string;
};

export type Entries<FactsByCode> = { readonly [Code in keyof FactsByCode]: Entry<FactsByCode[Code]> };
