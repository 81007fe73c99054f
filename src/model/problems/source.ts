import { EXIT, type Entries } from './entry.ts';

/** Where a team's profiles come from: git repositories, files on the web, shared folders. */
export type SourceFacts = {
  'source-invalid': { readonly text: string; readonly why: SourceTrouble };
  'source-name-invalid': { readonly name: string };
  'source-exists': { readonly name: string };
  'source-not-found': { readonly name: string; readonly nearest: string };
  'source-busy': { readonly name: string; readonly pid: number };
  'source-nowhere': { readonly name: string; readonly folder: string };
  'source-too-large': { readonly name: string; readonly most: string };
  'source-timeout': { readonly name: string; readonly seconds: number };
  'source-not-fetched': { readonly name: string; readonly from: string; readonly said: string };
  'source-login-refused': { readonly name: string; readonly from: string; readonly said: string };
  'source-host-key': { readonly name: string; readonly from: string; readonly said: string };
  'source-http-status': { readonly name: string; readonly from: string; readonly status: number };
  'source-http-login': { readonly name: string; readonly from: string; readonly status: number };
  'source-redirected': { readonly name: string; readonly from: string; readonly to: string };
  'source-unreachable': { readonly name: string; readonly from: string; readonly code: string };
  'source-certificate': { readonly name: string; readonly from: string; readonly code: string };
  'source-git-certificate': { readonly name: string; readonly from: string; readonly said: string };
  'git-missing': { readonly code: string };
};

/** What is wrong with what was typed as a source. */
export type SourceTrouble =
  | 'plain'
  | 'scheme'
  | 'option'
  | 'secret'
  | 'login'
  | 'address'
  | 'unprintable'
  | 'ref'
  | 'folder'
  | 'not-git'
  | 'absent'
  | 'file-name';

const TROUBLE_WORDS: Record<SourceTrouble, { readonly text: string; readonly next: string }> = {
  plain: { text: 'what comes over http or git is neither encrypted nor from whom it says', next: 'Use https:// or SSH.' },
  scheme: { text: 'only https, ssh and file addresses are used', next: 'Use https:// or SSH, or name a folder.' },
  option: {
    text: 'a part of it begins with a dash, which a program would read as an option',
    next: 'Give the address as git clone takes it.',
  },
  secret: {
    text: 'it has a password in it, which would be kept in a settings file',
    next: "Leave it out and let git's credential helper keep it (git help credentials), or use SSH.",
  },
  login: { text: 'a file on the web is read without a login', next: 'Leave the user out, or share the file by git.' },
  address: { text: 'it is no address', next: 'Give an address as git clone takes it, an https address of one profile, or a folder.' },
  unprintable: { text: 'it has characters that cannot be seen', next: 'Type it again.' },
  ref: { text: 'what stands after # is no branch, tag or commit', next: 'Give it as git does: #main, #v1.2 or a full commit.' },
  folder: {
    text: 'the folder within the repository is no plain path',
    next: 'Write names with slashes between them and no dots: //teams/db',
  },
  'not-git': { text: '#ref and //folder are for git repositories', next: 'Leave them out.' },
  absent: { text: 'there is no such folder', next: 'Check the path; a repository is an address, as git clone takes it.' },
  'file-name': {
    text: "the file's name cannot be the name of a profile",
    next: 'Use up to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit.',
  },
};

const usage = { retry: 'person', exit: EXIT.usage } as const;
const failed = { retry: 'answered', exit: EXIT.failed } as const;
const person = { retry: 'person', exit: EXIT.personNeeded } as const;
const STAYS = 'Nothing was changed.';

export const SOURCE: Entries<SourceFacts> = {
  'source-invalid': {
    ...usage,
    text: (f) => `"${f.text}" cannot be a source of profiles: ${TROUBLE_WORDS[f.why].text}.`,
    next: (f) => TROUBLE_WORDS[f.why].next,
  },
  'source-name-invalid': {
    ...usage,
    text: (f) => `"${f.name}" cannot be the name of a source.`,
    next: () => 'Use up to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit.',
  },
  'source-exists': {
    ...usage,
    text: (f) => `There is a source ${f.name} already; it stays as it was.`,
    next: (f) => `Choose another name, or remove that one first: tunnels profiles remove ${f.name}`,
  },
  'source-not-found': {
    ...usage,
    text: (f) => `There is no source ${f.name}.`,
    next: (f) => `${f.nearest === '' ? '' : `Did you mean ${f.nearest}? `}See which there are: tunnels profiles list --json`,
  },
  'source-busy': {
    ...failed,
    text: (f) => `The source ${f.name} is being fetched already, by the process ${f.pid}.`,
    next: () => 'Run the command again in a moment.',
  },
  'source-nowhere': {
    ...usage,
    text: (f) => `${f.name} has no folder ${f.folder}, or it is a link. ${STAYS}`,
    next: () => 'Check the //folder of its address.',
  },
  'source-too-large': {
    ...failed,
    text: (f) => `${f.name} has more than ${f.most}, so it was not fetched any further. ${STAYS}`,
    next: () => 'Keep profiles in a small repository, or in a folder of their own: URL#ref//folder',
  },
  'source-timeout': {
    ...failed,
    text: (f) => `${f.name} did not answer within ${f.seconds} s. ${STAYS}`,
    next: () => 'Try again when the network is better; nothing is lost meanwhile.',
  },
  'source-not-fetched': {
    ...failed,
    text: (f) => `${f.name} could not be fetched from ${f.from}. ${STAYS}\n${f.said}`,
    next: (f) => `Try it with git itself: git ls-remote -- '${f.from}'`,
  },
  'source-login-refused': {
    ...person,
    text: (f) => `${f.from} did not let git in to fetch ${f.name}. ${STAYS}\n${f.said}`,
    next: (f) => `Give git what it needs, a key in the agent or a credential helper, until this works: git ls-remote -- '${f.from}'`,
  },
  'source-host-key': {
    ...person,
    text: (f) => `The server of ${f.from} is not one that ssh knows, so ${f.name} was not fetched. ${STAYS}\n${f.said}`,
    next: (f) => `Compare its key with one that you have from its owner, and accept it: git ls-remote -- '${f.from}'`,
  },
  'source-http-status': {
    ...failed,
    text: (f) => `${f.from} answered with ${f.status}, so ${f.name} was not fetched. ${STAYS}`,
    next: () => 'Check the address in a browser.',
  },
  'source-http-login': {
    ...person,
    text: (f) => `${f.from} wants a login (${f.status}), so ${f.name} was not fetched. ${STAYS}`,
    next: () => 'A file on the web is read without a login; share it by git instead.',
  },
  'source-redirected': {
    ...usage,
    text: (f) => `${f.from} leads to ${f.to}, which is another place, so ${f.name} was not fetched. ${STAYS}`,
    next: () => 'If that is right, add it with the new address, which must be https.',
  },
  'source-unreachable': {
    ...failed,
    text: (f) => `${f.from} could not be reached (${f.code}), so ${f.name} was not fetched. ${STAYS}`,
    next: () => 'Try again when the network is better; nothing is lost meanwhile.',
  },
  'source-certificate': {
    ...failed,
    text: (f) => `The certificate of ${f.from} is not accepted (${f.code}), so ${f.name} was not fetched. ${STAYS}`,
    next: () => "If it is your company's own, name the file of its authority: NODE_EXTRA_CA_CERTS=/path/to/ca.pem",
  },
  'source-git-certificate': {
    ...failed,
    text: (f) =>
      `git does not accept the certificate of ${f.from}, so ${f.name} was not fetched, and no password was sent. ${STAYS}\n${f.said}`,
    next: (f) =>
      `If it is your company's own, name the file of its authority to git: git config --global http.${/^https:\/\/[^/]+/.exec(f.from)?.[0] ?? 'https://HOST'}/.sslCAInfo /path/to/ca.pem. If not, somebody may be in between: do not switch the check off.`,
  },
  'git-missing': {
    ...failed,
    text: (f) => `git could not be started (${f.code}); it is what fetches repositories of profiles.`,
    next: () => 'Install git, or put it into PATH.',
  },
};
