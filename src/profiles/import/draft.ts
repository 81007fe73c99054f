import { parseDestination } from '../../model/destination.ts';
import type { HopAddress } from '../../model/profile-hop.ts';
import { fail, ok, type Result } from '../../model/result.ts';
import { documentOf } from './draft-document.ts';
import type { Directories, Told } from './imported.ts';
import { told } from './imported.ts';
import { isForward, keyOf, type Setting, valueWords } from './setting.ts';

export type Drafted = { readonly host: string; readonly document: Readonly<Record<string, unknown>>; readonly notes: readonly Told[] };

/** Settings that a profile has a place of its own for; ssh takes the first of each. */
const OWN = ['user', 'port', 'proxyjump', 'serveraliveinterval', 'serveralivecountmax', 'gatewayports'] as const;
type Own = (typeof OWN)[number];

/** What every tunnel does or is, and how much ssh says. */
const SILENT: ReadonlySet<string> = new Set([
  'exitonforwardfailure',
  'requesttty',
  'sessiontype',
  'stdinnull',
  'forkafterauthentication',
  'loglevel',
  'tcpkeepalive',
]);

/** What tunnels takes from ssh_config for a hop (docs/ssh-config.md), and a profile therefore keeps as it is. */
const KEPT: ReadonlySet<string> = new Set(
  `hostname addressfamily connecttimeout bindaddress bindinterface proxycommand certificatefile identitiesonly identityagent
  preferredauthentications pubkeyauthentication passwordauthentication kbdinteractiveauthentication challengeresponseauthentication
  numberofpasswordprompts batchmode pubkeyacceptedalgorithms pubkeyacceptedkeytypes requiredrsasize stricthostkeychecking
  userknownhostsfile globalknownhostsfile hostkeyalias hashknownhosts updatehostkeys revokedhostkeys knownhostscommand
  casignaturealgorithms kexalgorithms hostkeyalgorithms ciphers macs rekeylimit canonicalizehostname canonicaldomains
  canonicalizefallbacklocal canonicalizemaxdots canonicalizepermittedcnames`.split(/\s+/),
);
const REPEATED: ReadonlySet<string> = new Set(['certificatefile']);

/** What was said of one connection, in the order in which it counts. */
export class Draft {
  readonly forwards: Setting[] = [];
  readonly identities: Setting[] = [];
  readonly kept: Setting[] = [];
  readonly notes: Told[] = [];
  readonly faults: Told[] = [];
  destination: HopAddress | null = null;
  readonly #own = new Map<string, Setting>();

  /** The value of a setting that a profile has a place for; null: it was not said. */
  own(key: Own): Setting | null {
    return this.#own.get(key) ?? null;
  }

  take(setting: Setting): void {
    const key = keyOf(setting);
    if (isForward(key)) this.forwards.push(setting);
    else if (key === 'identityfile') this.identities.push(setting);
    else if (isOwn(key)) this.#first(key, this.#unquoted(setting));
    else if (KEPT.has(key)) this.#keep(key, setting);
    else if (!SILENT.has(key)) this.notes.push(told(setting.at, 'not-taken', { what: setting.shown }));
  }

  /** `[user@]host`, or `ssh://` before it with a port. */
  goTo(text: string, at: Setting['at']): void {
    const parsed = parseDestination(text);
    if (!parsed.ok) return void this.faults.push(told(at, 'bad-destination', { what: text }));
    this.destination = parsed.value;
    const { user, port } = parsed.value;
    if (user !== null) this.#first('user', { name: 'User', value: user, shown: `${user}@`, at });
    if (port !== null) this.#first('port', { name: 'Port', value: String(port), shown: text, at });
  }

  drafted(from: Directories): Result<Drafted, readonly Told[]> {
    const document = documentOf(this, from);
    if (this.faults.length > 0 || this.destination === null) return fail(this.faults);
    return ok({ host: this.destination.host, document, notes: this.notes });
  }

  #first(key: string, setting: Setting): void {
    const before = this.#own.get(key);
    if (before === undefined) this.#own.set(key, setting);
    else if (before.value !== setting.value) this.notes.push(told(setting.at, 'said-before', { what: setting.shown, first: before.shown }));
  }

  #keep(key: string, setting: Setting): void {
    const before = REPEATED.has(key) ? undefined : this.kept.find((other) => keyOf(other) === key);
    if (before === undefined) this.kept.push(setting);
    else if (before.value !== setting.value) this.notes.push(told(setting.at, 'said-before', { what: setting.shown, first: before.shown }));
  }

  #unquoted = (setting: Setting): Setting => ({ ...setting, value: valueWords(setting.value)[0] ?? setting.value });
}

const isOwn = (key: string): key is Own => OWN.some((own) => own === key);
