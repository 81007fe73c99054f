import { EXPORT_WORDS, type ExportFacts } from './export-words.ts';
import { type SpecError, SPEC_WORDS } from './problems/command-line.ts';

/** What is to be said of something that is made into a profile or of one: what stays behind, and what makes it impossible. */
export type RemarkFacts = LeftFacts & FaultFacts & ExportFacts;
export type RemarkCode = keyof RemarkFacts;
export type Remark = { readonly [Code in RemarkCode]: { readonly code: Code; readonly facts: RemarkFacts[Code] } }[RemarkCode];

export const remark = <Code extends RemarkCode>(code: Code, facts: RemarkFacts[Code]): Remark => ({ code, facts }) as unknown as Remark;

/** One line, without anything that would steer a terminal or end a comment. */
export function wordsOfRemark({ code, facts }: Remark): string {
  const words = { ...LEFT, ...FAULTS, ...EXPORT_WORDS }[code] as (facts: unknown) => string;
  return words(facts).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ');
}

type What = { readonly what: string };
type None = Record<string, never>;

/** What is not in the profile, though the source has it. */
type LeftFacts = {
  'no-part': What;
  'cannot-do': What;
  'not-taken': What;
  'said-before': What & { readonly first: string };
  'command-not-run': What;
  background: None;
  'monitor-port': What;
  'autossh-variable': What;
  'keepalive-off': What;
  'keepalive-range': What;
  'path-token': What;
  'relative-path': What & { readonly path: string };
  'name-changed': { readonly from: string; readonly to: string };
  'match-exec': What;
  'include-deep': What;
  'unit-user': What;
  'unit-command': What;
  insecure: None;
  'retry-limit': What;
  'no-source': What;
};

const LEFT: { readonly [Code in keyof LeftFacts]: (facts: LeftFacts[Code]) => string } = {
  'no-part': (f) => `${f.what} has no part in a tunnel and was left out.`,
  'cannot-do': (f) => `${f.what} is nothing that tunnels does; it was left out.`,
  'not-taken': (f) => `${f.what} is a setting that tunnels does not use; it was left out.`,
  'said-before': (f) => `${f.what} was left out, as ${f.first} comes first and ssh takes the first.`,
  'command-not-run': (f) => `The command "${f.what}" was left out: a tunnel runs nothing on the server.`,
  background: () => 'The & at the end was left out: a tunnel runs in the background by itself.',
  'monitor-port': (f) => `${f.what} was left out: the profile's keepalive notices a dead connection without a port of its own.`,
  'autossh-variable': (f) => `${f.what} was left out: when it tries again is for tunnels to know.`,
  'keepalive-off': (f) => `${f.what} turns the questions to the server off; a tunnel always asks, or it would not notice its end.`,
  'keepalive-range': (f) => `${f.what} is outside of what a profile takes; the default is used.`,
  'path-token': (f) => `${f.what} was left out: only ssh fills in its tokens and variables. Write the path out.`,
  'relative-path': (f) => `${f.what} was taken to be ${f.path}: the source does not say where it begins.`,
  'name-changed': (f) => `"${f.from}" cannot be the name of a profile; it is called ${f.to} here.`,
  'match-exec': (f) => `"${f.what}" was passed over: nothing is run, and nothing is looked up, to import.`,
  'include-deep': (f) => `"${f.what}" was passed over: files are included too deeply.`,
  'unit-user': (f) => `The unit runs as ${f.what}; the tunnel runs as you, with your keys and your ssh_config.`,
  'unit-command': (f) => `${f.what} was left out: a profile runs no commands.`,
  insecure: () => 'The server was not asked to prove who it is (insecure). The tunnel asks: its host key has to be known.',
  'retry-limit': (f) => `${f.what} was left out: a tunnel that is wanted is tried until it is up.`,
  'no-source': (f) => `${f.what} has no source; it listens on any free port.`,
};

/** What keeps a profile from being made. */
type FaultFacts = {
  unreadable: { readonly why: string };
  'unknown-file': None;
  'not-ssh': What;
  'no-destination': None;
  'bad-destination': What;
  'no-forwards': None;
  'no-forwards-of-host': { readonly host: string };
  'host-pattern': { readonly host: string };
  'bad-spec': What & { readonly why: SpecError };
  'value-missing': What;
  'bad-flag': What;
  'no-connection': What;
  'bad-port': What;
  'bad-user': What;
  'bad-jumps': What;
  'bad-option': What;
  'shell-syntax': What;
  'open-quote': None;
  'no-exec': None;
  'unit-specifier': What;
  'unit-variable': What;
  'unit-escape': What;
  'toml-syntax': None;
  'toml-type': What & { readonly wanted: string };
  'toml-missing': What;
  'toml-value': What & { readonly wanted: string };
  'no-tunnels': None;
  'name-twice': { readonly name: string };
  'bad-name': { readonly name: string };
  invalid: What;
};

const FAULTS: { readonly [Code in keyof FaultFacts]: (facts: FaultFacts[Code]) => string } = {
  unreadable: (f) => f.why,
  'unknown-file': () =>
    'This is neither a systemd unit with ExecStart= nor a TOML file of boring or mole. Give the command instead, after --.',
  'not-ssh': (f) => `"${f.what}" is neither ssh nor autossh. Give the command from that word on.`,
  'no-destination': () => 'The server to connect to is missing. It comes last, as for ssh: ssh -N -L 8080:localhost:80 user@host',
  'bad-destination': (f) => `"${f.what}" is no server to connect to. Write [user@]host, or ssh://[user@]host:port.`,
  'no-forwards': () =>
    'Nothing is forwarded here: there is no -L, -R or -D. If a Host of your ssh_config has the forwards: tunnels profiles import --host NAME',
  'no-forwards-of-host': (f) => `The ssh_config has no LocalForward, RemoteForward or DynamicForward for ${f.host}.`,
  'host-pattern': (f) => `"${f.host}" is no name of a host. Give one name, as you would give it to ssh.`,
  'bad-spec': (f) => `"${f.what}" is no forward: ${SPEC_WORDS[f.why]}.`,
  'value-missing': (f) => `${f.what} needs a value after it.`,
  'bad-flag': (f) => `ssh has no option ${f.what}.`,
  'no-connection': (f) => `With ${f.what} ssh connects to nothing, so there is no tunnel to be made of it.`,
  'bad-port': (f) => `"${f.what}" is no port. Give a whole number from 1 to 65535.`,
  'bad-user': (f) => `"${f.what}" is no user that ssh would log in as.`,
  'bad-jumps': (f) => `"${f.what}" are no hops. Write [user@]host[:port], separated by commas.`,
  'bad-option': (f) => `"${f.what}" is no setting of ssh_config. Write Key=value.`,
  'shell-syntax': (f) =>
    `"${f.what}" is something for a shell to act on, and nothing is run here. Write the value out, or give the words after -- so that your shell fills it in.`,
  'open-quote': () => 'A quote is not closed.',
  'no-exec': () => 'No ExecStart= in the section [Service] begins with ssh or autossh.',
  'unit-specifier': (f) => `${f.what} is filled in by systemd alone. Put its value there in a copy of the unit, and import that.`,
  'unit-variable': (f) => `${f.what} has no value in this unit (Environment=). Put its value there in a copy of the unit, and import that.`,
  'unit-escape': (f) => `"${f.what}" is no escape that systemd knows.`,
  'toml-syntax': () => 'The TOML cannot be read from here on. Check quotes, brackets and the equals sign.',
  'toml-type': (f) => `${f.what} must be ${f.wanted}.`,
  'toml-missing': (f) => `${f.what} is missing.`,
  'toml-value': (f) => `${f.what} cannot be used. It takes ${f.wanted}.`,
  'no-tunnels': () => 'The file has no tunnels.',
  'name-twice': (f) => `Two of them would be called ${f.name}. Import one at a time and give it a name: --name NAME`,
  'bad-name': (f) =>
    `"${f.name}" cannot be the name of a profile. Use up to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit.`,
  invalid: (f) => f.what,
};
