import { EXIT, type Entries } from './entry.ts';

/** Profiles that commands make of something else, or something else of profiles. */
export type ProfileFilesFacts = {
  'import-failed': { readonly errors: string };
  'import-nothing': { readonly command: string };
  'import-name-many': { readonly count: number };
  'profile-exists': { readonly files: string };
  'profile-unwritable': { readonly path: string; readonly code: string };
  'answers-missing': { readonly what: string; readonly flags: string };
  'new-given-up': Record<string, never>;
  'export-nothing': { readonly name: string };
  'export-form-missing': { readonly name: string };
  'profile-gone': { readonly name: string; readonly file: string };
  'change-untrusted': { readonly name: string; readonly file: string };
};

export const PROFILE_FILES: Entries<ProfileFilesFacts> = {
  'import-failed': {
    retry: 'person',
    exit: EXIT.usage,
    text: (f) => `No profile can be made of this; nothing was written.\n${f.errors}`,
    next: () => 'Correct it and run the command again.',
  },
  'import-nothing': {
    retry: 'person',
    exit: EXIT.usage,
    text: () => 'There is nothing to make a profile of.',
    next: (f) => `Give a command line, a file, or a Host of ssh_config: ${f.command} -- ssh -N -L 8080:localhost:80 host`,
  },
  'import-name-many': {
    retry: 'person',
    exit: EXIT.usage,
    text: (f) => `--name names one profile, and there are ${f.count} here. Nothing was written.`,
    next: () => 'Leave it out, or import them one at a time.',
  },
  'profile-exists': {
    retry: 'person',
    exit: EXIT.failed,
    text: (f) => `A profile of this name is there already; nothing was written:\n${f.files}`,
    next: () =>
      'Give another name (--name NAME), or replace it: --force. A file of the same name with another extension has to be removed first.',
  },
  'profile-unwritable': {
    retry: 'person',
    exit: EXIT.failed,
    text: (f) => `${f.path} could not be written (${f.code}); everything is as it was.`,
    next: () => 'Make the folder writable, or choose another.',
  },
  'answers-missing': {
    retry: 'person',
    exit: EXIT.usage,
    text: (f) => `${f.what} has to be asked, and there is no terminal to ask on. Nothing was written.`,
    next: (f) => `Give it: ${f.flags}`,
  },
  'new-given-up': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: () => 'Not everything was answered. Nothing was written.',
    next: () => 'Begin again when it suits you: tunnels profiles new',
  },
  'export-nothing': {
    retry: 'person',
    exit: EXIT.failed,
    text: (f) => `ssh can do nothing of what ${f.name} does.`,
    next: () => 'See above what it is about each forward.',
  },
  'export-form-missing': {
    retry: 'person',
    exit: EXIT.usage,
    text: () => 'What to make of the profile is missing.',
    next: (f) => `The plain ssh command line: tunnels profiles export ${f.name} --ssh`,
  },
  'profile-gone': {
    retry: 'person',
    exit: EXIT.failed,
    text: (f) => `The profile of the tunnel ${f.name} is no longer there: ${f.file}. The tunnel goes on with what it has.`,
    next: (f) => `Take it down where it is no longer wanted: tunnels down ${f.name}`,
  },
  'change-untrusted': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) =>
      `The profile of the tunnel ${f.name} has changed (${f.file}), and you have not trusted it as it is now. The tunnel goes on with what it has.`,
    next: (f) => `See what has changed and accept it: tunnels profiles trust ${f.name}`,
  },
};
