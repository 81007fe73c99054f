import { EXIT, type Entries } from './entry.ts';

/** What was typed: commands, options, forwards in ssh(1)'s form, settings. */
export type CommandLineFacts = {
  'command-unknown': { readonly word: string; readonly nearest: string };
  'command-not-yet': { readonly name: string; readonly instead: string };
  'command-missing': { readonly group: string; readonly known: string };
  'option-unknown': { readonly option: string; readonly command: string; readonly nearest: string };
  'option-bad-value': { readonly option: string; readonly value: string; readonly wanted: string };
  'option-needs-words': { readonly command: string; readonly option: string };
  'options-clash': { readonly one: string; readonly other: string; readonly instead: string };
  'words-missing': { readonly command: string; readonly usage: string };
  'words-unexpected': { readonly command: string; readonly word: string; readonly usage: string };
  'forward-spec-invalid': { readonly flag: string; readonly spec: string; readonly why: SpecError };
  'destination-missing': Record<string, never>;
  'destination-invalid': { readonly text: string };
  'forward-missing': { readonly flag: string };
  'command-not-run': { readonly word: string };
  'ad-hoc-invalid': { readonly errors: string };
  'name-invalid': { readonly name: string };
  'name-needed': { readonly host: string };
  'setting-unknown': { readonly key: string; readonly nearest: string; readonly known: string };
  'setting-invalid': { readonly key: string; readonly value: string; readonly wanted: string };
  /** In a file or variable that the supervisor has read. */
  'setting-unusable': {
    readonly key: string;
    readonly value: string;
    readonly wanted: string;
    readonly instead: string;
    readonly at: string;
  };
  'version-skew': { readonly client: string; readonly server: string };
  'output-unwritable': { readonly code: string };
};
export type SpecError = 'empty' | 'too-few' | 'too-many' | 'bad-port' | 'host-missing' | 'unclosed-bracket' | 'bad-host' | 'bad-path';

export const SPEC_WORDS: Record<SpecError, string> = {
  empty: 'it is empty',
  'too-few': 'a part is missing',
  'too-many': 'it has too many parts (an IPv6 address needs [brackets])',
  'bad-port': 'a port must be a number up to 65535, and 0 only where it listens',
  'host-missing': 'the host to connect to is missing',
  'unclosed-bracket': 'a [ is not closed',
  'bad-host': 'an address in it is no name and no address',
  'bad-path': 'the path of a socket on the far side must begin with /',
};
const SPEC_FORM: Readonly<Record<string, string>> = {
  '-L': '-L [address:]port:host:port, -L [address:]port:/socket, -L /socket:host:port or -L /socket:/socket',
  '-R': '-R [address:]port:host:port, -R [address:]port, -R [address:]port:/socket, -R /socket:host:port or -R /socket:/socket',
  '-D': '-D [address:]port',
};

const mean = (nearest: string): string => (nearest === '' ? '' : `Did you mean ${nearest}? `);
const called = (command: string): string => (command === '' ? 'tunnels' : `tunnels ${command}`);
const usage = { retry: 'person', exit: EXIT.usage } as const;

export const COMMAND_LINE: Entries<CommandLineFacts> = {
  'command-unknown': {
    ...usage,
    text: (f) => `There is no command ${f.word}.`,
    next: (f) => `${mean(f.nearest)}See them all: tunnels --help`,
  },
  'command-not-yet': { ...usage, text: (f) => `tunnels ${f.name} is not there yet.`, next: (f) => f.instead },
  'command-missing': {
    ...usage,
    text: (f) => `tunnels ${f.group} needs to know what to do: ${f.known}.`,
    next: (f) => `See what each does: tunnels ${f.group} --help`,
  },
  'option-unknown': {
    ...usage,
    text: (f) => `${called(f.command)} has no option ${f.option}.`,
    next: (f) => `${mean(f.nearest)}See its options: ${called(f.command)} --help`,
  },
  'option-bad-value': {
    ...usage,
    text: (f) => `${f.option} cannot be ${f.value === '' ? 'empty' : `"${f.value}"`}.`,
    next: (f) => `Give ${f.wanted}.`,
  },
  'option-needs-words': {
    ...usage,
    text: (f) => `tunnels ${f.command} does not take names and ${f.option} together.`,
    next: (f) => `Give either the names or ${f.option}.`,
  },
  'options-clash': { ...usage, text: (f) => `${f.one} and ${f.other} do not go together.`, next: (f) => f.instead },
  'words-missing': {
    ...usage,
    text: (f) => `tunnels ${f.command} needs more: tunnels ${f.usage}`,
    next: (f) => `See examples: tunnels ${f.command} --help`,
  },
  'words-unexpected': {
    ...usage,
    text: (f) => `tunnels ${f.command} does not know what to do with "${f.word}": tunnels ${f.usage}`,
    next: (f) => `See examples: tunnels ${f.command} --help`,
  },
  'forward-spec-invalid': {
    ...usage,
    text: (f) => `${f.flag} ${f.spec} is no forward: ${SPEC_WORDS[f.why]}.`,
    next: (f) => `Write ${SPEC_FORM[f.flag] ?? f.flag}.`,
  },
  'destination-missing': {
    ...usage,
    text: () => 'The server to connect to is missing.',
    next: () => 'Name it last, as for ssh: tunnels up -L 8080:localhost:80 user@host',
  },
  'destination-invalid': {
    ...usage,
    text: (f) => `"${f.text}" is no server to connect to.`,
    next: () => 'Write [user@]host, or with a port: ssh://[user@]host:port for the server, [user@]host:port after -J.',
  },
  'forward-missing': {
    ...usage,
    text: (f) => `${f.flag} belongs to a tunnel that is written on the command line, and there is no forward.`,
    next: () => 'Add -L, -R or -D, or leave it out to bring up a profile: tunnels up <profile>',
  },
  'command-not-run': {
    ...usage,
    text: (f) => `"${f.word}" comes after the server. A tunnel runs no command there.`,
    next: () => 'Leave it out; one tunnel goes to one server.',
  },
  'ad-hoc-invalid': {
    ...usage,
    text: (f) => `This tunnel cannot be made:\n${f.errors}`,
    next: () => 'Correct it and run the command again; nothing was started.',
  },
  'name-invalid': {
    ...usage,
    text: (f) => `"${f.name}" cannot be the name of a tunnel.`,
    next: () => 'Use up to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit.',
  },
  'name-needed': {
    ...usage,
    text: (f) => `No name for the tunnel can be made of "${f.host}".`,
    next: () => 'Give it one: --name NAME',
  },
  'setting-unknown': {
    ...usage,
    text: (f) => `There is no setting ${f.key}.`,
    next: (f) => `${mean(f.nearest)}The settings are: ${f.known}`,
  },
  'setting-invalid': {
    ...usage,
    text: (f) => `${f.key} cannot be "${f.value}"; it stays as it was.`,
    next: (f) => `Give ${f.wanted}.`,
  },
  'setting-unusable': {
    ...usage,
    text: (f) => `${f.key} in ${f.at} cannot be "${f.value}", so ${f.instead} counts.`,
    next: (f) => `Make it ${f.wanted}; then: tunnels supervisor restart`,
  },
  'version-skew': {
    retry: 'person',
    exit: EXIT.failed,
    text: (f) => `The supervisor that runs is version ${f.server}; this command is ${f.client}.`,
    next: () => 'When a short break suits you: tunnels supervisor restart',
  },
  'output-unwritable': {
    retry: 'person',
    exit: EXIT.failed,
    text: (f) => `The output could not be written (${f.code}). What was asked for was done or goes on.`,
    next: () => 'Make room, or send the output elsewhere; see how it stands: tunnels status',
  },
};
