import type { Reason } from './deed.ts';

/** What settings of ssh_config(5) do that a person should look at, by their names in lower case. */
const REASON: Readonly<Record<string, Reason>> = {
  proxycommand: 'runs-command',
  localcommand: 'runs-command',
  permitlocalcommand: 'runs-command',
  knownhostscommand: 'runs-command',
  remotecommand: 'runs-command',
  match: 'runs-command',
  xauthlocation: 'runs-command',
  pkcs11provider: 'runs-command',
  securitykeyprovider: 'runs-command',
  include: 'reads-config',
  stricthostkeychecking: 'weakens-trust',
  userknownhostsfile: 'weakens-trust',
  globalknownhostsfile: 'weakens-trust',
  hostkeyalias: 'weakens-trust',
  revokedhostkeys: 'weakens-trust',
  verifyhostkeydns: 'weakens-trust',
  nohostauthenticationforlocalhost: 'weakens-trust',
  updatehostkeys: 'weakens-trust',
  hostname: 'leads-elsewhere',
  proxyjump: 'leads-elsewhere',
  canonicalizehostname: 'leads-elsewhere',
  canonicaldomains: 'leads-elsewhere',
  port: 'weaker-choice',
  user: 'weaker-choice',
  host: 'leads-elsewhere',
  identityfile: 'gives-keys',
  certificatefile: 'gives-keys',
  identityagent: 'gives-keys',
  forwardagent: 'gives-keys',
  addkeystoagent: 'gives-keys',
  gssapidelegatecredentials: 'gives-keys',
  forwardx11: 'gives-keys',
  forwardx11trusted: 'gives-keys',
  sendenv: 'gives-keys',
  gatewayports: 'public',
  ciphers: 'weaker-choice',
  macs: 'weaker-choice',
  kexalgorithms: 'weaker-choice',
  hostkeyalgorithms: 'weaker-choice',
  casignaturealgorithms: 'weaker-choice',
  pubkeyacceptedalgorithms: 'weaker-choice',
  pubkeyacceptedkeytypes: 'weaker-choice',
  requiredrsasize: 'weaker-choice',
  fingerprinthash: 'weaker-choice',
};

/** Values with which such a setting is as careful as its default, or more. */
const CAREFUL: Readonly<Record<string, readonly string[]>> = {
  proxycommand: ['none'],
  permitlocalcommand: ['no'],
  knownhostscommand: ['none'],
  pkcs11provider: ['none'],
  stricthostkeychecking: ['yes', 'ask'],
  verifyhostkeydns: ['no'],
  nohostauthenticationforlocalhost: ['no'],
  updatehostkeys: ['no', 'ask', 'yes'],
  proxyjump: ['none'],
  canonicalizehostname: ['no'],
  identityagent: ['none'],
  identityfile: ['none'],
  certificatefile: ['none'],
  forwardagent: ['no'],
  addkeystoagent: ['no'],
  gssapidelegatecredentials: ['no'],
  forwardx11: ['no'],
  forwardx11trusted: ['no'],
  gatewayports: ['no'],
};

/** Settings about nothing but time, talk and the order of things. */
const HARMLESS: ReadonlySet<string> = new Set(
  `addressfamily batchmode bindaddress bindinterface checkhostip compression connectionattempts connecttimeout enableescapecommandline
  exitonforwardfailure gssapiauthentication hashknownhosts hostbasedauthentication identitiesonly ipqos kbdinteractiveauthentication
  loglevel nohostauthentication numberofpasswordprompts passwordauthentication preferredauthentications pubkeyauthentication rekeylimit
  serveralivecountmax serveraliveinterval tcpkeepalive visualhostkey warnweakcrypto`.split(/\s+/),
);

/** `key` and `value` as they are written. */
export function reasonsOfOption(key: string, value: string): readonly Reason[] {
  const name = key.toLowerCase();
  const reason = Object.hasOwn(REASON, name) ? REASON[name] : undefined;
  if (reason === undefined) return HARMLESS.has(name) ? [] : ['option-unknown'];
  return (CAREFUL[name] ?? []).includes(value.trim().toLowerCase()) ? [] : [reason];
}
