/** What a profile does when it is brought up, one thing at a time, for a person who is to trust it. */
export type Deed = {
  readonly [Kind in DeedKind]: {
    readonly kind: Kind;
    readonly facts: DeedFacts[Kind];
    /** The worst of its reasons. */
    readonly danger: Danger;
    readonly reasons: readonly Reason[];
    /** Keys and list indexes, from the document's root to what says so. */
    readonly path: readonly (string | number)[];
    /** What it is about: the deed of another version with the same one is what became of it. */
    readonly about: string;
  };
}[DeedKind];

export type DeedKind = keyof DeedFacts;
export type Danger = 'none' | 'caution' | 'danger';

type KeyFacts = { readonly hosts: string; readonly type: string; readonly fingerprint: string };

/** `on`: the hop that listens. `from`: who connects to the target, a hop, or null for this machine. `to`: null for SOCKS. */
type ForwardFacts = { readonly name: string; readonly at: string; readonly to: string | null; readonly from: string | null };

export type DeedFacts = {
  /** `as`, `port`: null where ssh_config decides; a port that is a text is a variable's. `through`: the hops before it. */
  readonly login: {
    readonly host: string;
    readonly as: string | null;
    readonly port: number | string | null;
    readonly through: readonly string[];
  };
  readonly identity: { readonly host: string; readonly file: string };
  /** The only host keys, or authorities of host certificates, that are accepted of a hop. */
  readonly pin: { readonly host: string; readonly fingerprint: string };
  readonly 'known-key': KeyFacts;
  readonly 'known-authority': KeyFacts;
  readonly 'revoked-key': KeyFacts;
  /** Lines of known_hosts that name other servers than the hops. `lines`: all of them, so that a change is one. */
  readonly 'known-others': { readonly count: number; readonly lines: string };
  readonly 'listen-here': ForwardFacts;
  readonly 'listen-there': ForwardFacts & { readonly on: string };
  readonly 'ssh-config': { readonly file: string };
  readonly 'ssh-option': { readonly key: string; readonly value: string };
  readonly setting: { readonly key: string; readonly value: string };
};

/** Why a deed deserves a second look, with how much. */
export const REASONS = {
  public: 'danger',
  widened: 'danger',
  'socks-there': 'danger',
  'control-socket': 'danger',
  'cloud-keys': 'danger',
  'look-alike': 'danger',
  'runs-command': 'danger',
  'weakens-trust': 'danger',
  'leads-elsewhere': 'danger',
  'gives-keys': 'danger',
  'reads-config': 'danger',
  'sensitive-service': 'caution',
  'beyond-this-machine': 'caution',
  'other-key-file': 'caution',
  'vouches-for-others': 'caution',
  administrator: 'caution',
  'weaker-choice': 'caution',
  'option-unknown': 'caution',
  'yours-to-give': 'none',
} as const satisfies Record<string, Danger>;
export type Reason = keyof typeof REASONS;

type Told = { readonly path: Deed['path']; readonly about: string; readonly reasons?: readonly Reason[] };

export const deed = <Kind extends DeedKind>(kind: Kind, facts: DeedFacts[Kind], { path, about, reasons = [] }: Told): Deed =>
  ({ kind, facts, danger: worstOf(reasons), reasons, path, about: `${kind} ${about}` }) as unknown as Deed;

/** Of all reasons for a deed. */
export function worstOf(reasons: readonly Reason[]): Danger {
  const dangers = reasons.map((reason): Danger => REASONS[reason]);
  return dangers.includes('danger') ? 'danger' : dangers.includes('caution') ? 'caution' : 'none';
}
