import { visible } from '../visible.ts';
import type { Deed, DeedFacts, DeedKind, Reason } from './deed.ts';
import { hostText } from './host-looks.ts';

/** What a deed is, in one line. Nothing of what the profile says can act on a terminal, or stay unseen. */
export const wordsOfDeed = (deed: Deed): string => visible((WORDS[deed.kind] as (facts: DeedFacts[DeedKind]) => string)(deed.facts));

/** Why it deserves a second look, each in one line. */
export const reasonsOfDeed = ({ reasons }: Deed): readonly string[] => reasons.map((reason) => REASON_WORDS[reason]);

type Words = { readonly [Kind in DeedKind]: (facts: DeedFacts[Kind]) => string };

const WORDS: Words = {
  login: ({ host, as, port, through }) =>
    `logs you in on ${hostText(host)} as ${as === null ? 'whom your ssh_config says' : hostText(as)}${port === null ? '' : `, port ${port}`}` +
    (through.length === 0 ? '' : `, through ${through.map(hostText).join(', then ')}`),
  identity: ({ host, file }) => `offers your key ${file} to ${hostText(host)}`,
  pin: ({ host, fingerprint }) => `accepts of ${hostText(host)} only the host key, or authority, ${fingerprint}`,
  'known-key': ({ hosts, type, fingerprint }) => `accepts of ${hosts} only the host key ${type} ${fingerprint}`,
  'known-authority': ({ hosts, type, fingerprint }) => `accepts of ${hosts} host certificates of the authority ${type} ${fingerprint}`,
  'revoked-key': ({ hosts, type, fingerprint }) => `never accepts of ${hosts} the host key ${type} ${fingerprint}`,
  'known-others': ({ count }) => `knows the host keys of other servers too: ${count} more ${count === 1 ? 'line' : 'lines'} of known_hosts`,
  'listen-here': ({ name, at, to, from }) =>
    to === null
      ? `${name}: listens on this machine at ${addressText(at)} as a SOCKS proxy into the network of ${placeText(from)}`
      : `${name}: listens on this machine at ${addressText(at)} and leads to ${addressText(to)}, reached from ${placeText(from)}`,
  'listen-there': ({ name, on, at, to, from }) => {
    const where = `at ${addressText(at)} on ${hostText(on)}`;
    if (to === null) return `${name}: opens a SOCKS proxy ${where}, into the network of ${placeText(from)}`;
    return `${name}: makes ${addressText(to)}, as ${placeText(from)} reaches it, reachable ${where}`;
  },
  'ssh-config': ({ file }) => (file === 'none' ? 'reads no ssh_config' : `reads ${file} in place of your ssh_config`),
  'ssh-option': ({ key, value }) => `sets ${key} of ssh_config to ${value}`,
  setting: ({ key, value }) => `${key}: ${value}`,
};

const placeText = (host: string | null): string => (host === null ? 'this machine' : hostText(host));

/** `host:port` or a path, as `printAddress` writes it. */
function addressText(address: string): string {
  const [, host, port] = /^([^/[][^[]*):(\d+)$/.exec(address) ?? [];
  return host === undefined ? address : `${hostText(host)}:${port}`;
}

const REASON_WORDS: Record<Reason, string> = {
  public: 'other machines can connect to it, not only the one that listens',
  widened: 'the server may open it to other machines too (public: true)',
  'socks-there': 'whoever can connect to it there reaches everything that lies behind it',
  'control-socket': 'whoever connects to it can run programs as you or use your keys',
  'cloud-keys': 'it gives the keys of this machine, where that is one of a cloud, to whoever connects',
  'look-alike': 'a name in it has letters that look like others: compare it with one that you trust',
  'runs-command': 'it can run any program as you',
  'weakens-trust': 'it changes which servers are believed to be who they say',
  'leads-elsewhere': 'the connection may go to another server than the one named above',
  'gives-keys': 'it decides which keys or secrets of yours are used, or lets the server use them',
  'reads-config': 'that file can run any program as you, and may change without asking you again',
  'sensitive-service': 'a database, a login or another service of the system',
  'beyond-this-machine': 'it lies beyond this machine, in a network that you reach',
  'other-key-file': 'not where ssh keeps keys',
  'vouches-for-others': 'whoever holds that key decides which host keys are accepted',
  administrator: 'an administrator there',
  'weaker-choice': 'it is not what ssh does by itself',
  'option-unknown': 'what it does is not known to tunnels',
  'yours-to-give': 'what stands for ${...} you give yourself, in your overrides.yaml, and are not asked again for it',
};
