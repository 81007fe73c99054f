import { EXIT, type Entries } from './entry.ts';

/** The command line, profiles and the supervisor. */
export type UsageFacts = {
  usage: { readonly what: string; readonly fix: string };
  'profile-invalid': { readonly name: string; readonly errors: string };
  'profile-not-found': { readonly name: string; readonly nearest: string };
  'profile-untrusted': { readonly name: string; readonly source: string };
  'profile-values-missing': {
    readonly name: string;
    readonly values: string;
    readonly errors: string;
    readonly file: string;
    readonly lines: string;
  };
  'tunnel-not-found': { readonly name: string; readonly nearest: string };
  'not-up-in-time': { readonly name: string; readonly seconds: number };
  'no-supervisor': { readonly why: string };
  'supervisor-died': { readonly why: string };
  'supervisor-wedged': { readonly pid: number };
  'supervisor-runs': { readonly pid: number };
  'supervisor-refused': { readonly why: string };
  'socket-path-too-long': { readonly path: string; readonly max: number };
  'no-home': Record<string, never>;
  'directory-unusable': { readonly path: string; readonly code: string };
  'state-unwritable': { readonly path: string; readonly code: string };
  'state-set-aside': { readonly path: string; readonly aside: string };
  'request-too-large': { readonly bytes: number; readonly most: number };
  interrupted: Record<string, never>;
  'asked-down': Record<string, never>;
  internal: { readonly what: string };
};

export const USAGE: Entries<UsageFacts> = {
  usage: { retry: 'person', exit: EXIT.usage, text: (f) => f.what, next: (f) => f.fix },
  'profile-invalid': {
    retry: 'person',
    exit: EXIT.usage,
    text: (f) =>
      `${f.name.includes(', ') ? `The profiles ${f.name} have` : `The profile ${f.name} has`} errors; nothing was changed.\n${f.errors}`,
    next: () => 'Correct them and run the command again.',
  },
  'profile-not-found': {
    retry: 'person',
    exit: EXIT.usage,
    text: (f) => `There is no profile ${f.name}.`,
    next: (f) => (f.nearest === '' ? 'See which there are: tunnels list' : `Did you mean ${f.nearest}? See which there are: tunnels list`),
  },
  'profile-untrusted': {
    retry: 'person',
    exit: EXIT.personNeeded,
    text: (f) =>
      f.name.includes(' ')
        ? `The profiles ${f.name.replaceAll(' ', ', ')} come from ${f.source} and you have not trusted them as they are now. Nothing was started.`
        : `The profile ${f.name} comes from ${f.source} and you have not trusted it as it is now. Nothing was started.`,
    next: (f) => `See what ${f.name.includes(' ') ? 'they do and accept them' : 'it does and accept it'}: tunnels profiles trust ${f.name}`,
  },
  'profile-values-missing': {
    retry: 'person',
    exit: EXIT.usage,
    text: (f) => `${f.name} cannot be brought up yet: what everybody gives for themselves is missing, ${f.values}.\n${f.errors}`,
    next: (f) => `Give yours in ${f.file}, in place of ...:\n${f.lines}`,
  },
  'tunnel-not-found': {
    retry: 'person',
    exit: EXIT.usage,
    text: (f) => `There is no tunnel ${f.name}.`,
    next: (f) =>
      f.nearest === '' ? 'See which there are: tunnels status' : `Did you mean ${f.nearest}? See which there are: tunnels status`,
  },
  'not-up-in-time': {
    retry: 'answered',
    exit: EXIT.notUpInTime,
    text: (f) => `${f.name} is not up after ${f.seconds} s; the supervisor goes on trying.`,
    next: (f) => `Watch it: tunnels status ${f.name}`,
  },
  'no-supervisor': {
    retry: 'answered',
    exit: EXIT.noSupervisor,
    text: (f) => `No supervisor could be reached: ${f.why}`,
    next: () => 'Start it where you can see what it says: tunnels supervisor run',
  },
  'supervisor-died': {
    retry: 'answered',
    exit: EXIT.noSupervisor,
    text: (f) => `The supervisor did not start: ${f.why}`,
    next: () => 'Start it where you can see what it says: tunnels supervisor run',
  },
  'supervisor-wedged': {
    retry: 'answered',
    exit: EXIT.noSupervisor,
    text: (f) => `The supervisor runs as pid ${f.pid} but does not answer.`,
    next: (f) => `End it and try again: kill ${f.pid}; the next command starts a new one and the wanted tunnels come back.`,
  },
  'supervisor-runs': {
    retry: 'person',
    exit: EXIT.failed,
    text: (f) => `A supervisor runs already, as pid ${f.pid}.`,
    next: () => 'Stop it first (tunnels supervisor stop) or use it.',
  },
  'supervisor-refused': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `The supervisor did not accept the request: ${f.why}`,
    next: () => 'If client and supervisor are of different versions: tunnels supervisor restart',
  },
  'socket-path-too-long': {
    retry: 'person',
    exit: EXIT.noSupervisor,
    text: (f) => `The socket path ${f.path} is longer than the ${f.max} bytes that the system allows.`,
    next: () => 'Set TUNNELS_HOME to a shorter directory.',
  },
  'no-home': {
    retry: 'person',
    exit: EXIT.usage,
    text: () => 'There is no home directory: HOME is not set and this user is not in the password database.',
    next: () => 'Set HOME, or set TUNNELS_HOME to a directory of your own.',
  },
  'directory-unusable': {
    retry: 'person',
    exit: EXIT.noSupervisor,
    text: (f) => `The directory ${f.path} cannot be used (${f.code}).`,
    next: () => 'Make it a directory of your own that nobody else may write, or set TUNNELS_HOME.',
  },
  'state-unwritable': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `${f.path} could not be written (${f.code}). What runs goes on; the change would not survive a restart of the supervisor.`,
    next: () => 'Make room or make the file writable, then run the command again.',
  },
  'state-set-aside': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `${f.path} could not be understood and was kept as ${f.aside}; it starts empty, everything else is as it was.`,
    next: () => 'Bring up again what is missing, or repair the file that was kept.',
  },
  'request-too-large': {
    retry: 'person',
    exit: EXIT.usage,
    text: (f) => `The profile is larger than a supervisor takes (${f.bytes} bytes, at most ${f.most}). Nothing was changed.`,
    next: () => 'A known_hosts beside the profiles is part of each of them: keep only the servers in it that they name.',
  },
  interrupted: {
    retry: 'person',
    exit: EXIT.interrupted,
    text: () => 'Interrupted; what was asked for goes on in the background.',
    next: () => 'See how it stands, and what it waits for: tunnels status',
  },
  'asked-down': {
    retry: 'person',
    exit: EXIT.failed,
    text: () => 'It was taken down while it was waited for.',
    next: (_, tunnel) => `Bring it up again: tunnels up ${tunnel}`,
  },
  internal: {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `An error that tunnels did not expect: ${f.what}`,
    next: () => 'This is a defect. The log has the details (tunnels logs); what runs goes on.',
  },
};
