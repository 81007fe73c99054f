import { EXIT, type Entries } from './entry.ts';

/** Who must have signed what a source has. */
export type SignersFacts = {
  'signers-unusable': { readonly keys: string; readonly why: SignersTrouble };
  'source-unsigned': { readonly name: string; readonly commit: string };
  /** `said`: git's own words, each line after a line break; empty where it has none. */
  'source-signature': { readonly name: string; readonly commit: string; readonly said: string };
};

export type SignersTrouble = keyof typeof TROUBLE;

const TROUBLE = {
  absent: 'it is neither a file of at most 1 MB nor the fingerprint of a key',
  'no-principals': 'it has a public key without the one who it is of in front, as a .pub file has',
  'no-keys': 'it has no keys that could be used, or not all that were named',
  'no-gpg': 'gpg, which is needed for OpenPGP keys, could not be started',
} as const;

const person = { retry: 'person', exit: EXIT.personNeeded } as const;
const STAYS = 'It is not used; what was in use before stays so.';

export const SIGNERS: Entries<SignersFacts> = {
  'signers-unusable': {
    retry: 'person',
    exit: EXIT.usage,
    text: (f) => `"${f.keys}" cannot say who has to sign: ${TROUBLE[f.why]}. Nothing was added.`,
    next: () =>
      'Give an allowed_signers file (a line for each: ann@example.com ssh-ed25519 AAAA...), a file of OpenPGP public keys (gpg --armor --export), or whole fingerprints with commas between.',
  },
  'source-unsigned': {
    ...person,
    text: (f) =>
      `The newest commit of ${f.name}, ${f.commit}, is not signed, and this source was added with the keys that have to. ${STAYS}`,
    next: () => 'Ask whoever has made it to sign it (git commit -S), and look what is in it: it may be from somebody else.',
  },
  'source-signature': {
    ...person,
    text: (f) => `The newest commit of ${f.name}, ${f.commit}, is not signed by any of the keys that were given with it. ${STAYS}${f.said}`,
    next: (f) =>
      `Find out who has made it. Where a new key is right, remove the source and add it with that one: tunnels profiles remove ${f.name}`,
  },
};
