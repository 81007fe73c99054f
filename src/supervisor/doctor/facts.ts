import type { CipherCosts } from '../../model/cipher-costs.ts';
import type { Address } from '../../model/address.ts';
import type { BindingVerdict, Evidence } from '../../model/binding.ts';
import type { Problem } from '../../model/problem.ts';
import type { AgentTrouble } from '../../model/problems/login.ts';
import type { PortRange } from '../../model/profile.ts';
import type { Holder } from '../../platform/port-holder.ts';
import type { TcpRow } from '../../platform/proc-net.ts';
import type { TimeRemark } from '../../ssh/identity/keys/certificate-remarks.ts';
import type { CertificateInUse } from '../../ssh/identity/logins/credentials.ts';
import type { ServerKeepalive } from '../../ssh/recovery/keepalive/server-keepalive.ts';
import type { Allowed } from '../../ssh/remote/account-memory.ts';
import type { ForwardingRules } from '../../ssh/survey/forwarding-rules.ts';
import type { ChannelUsage } from '../../ssh/session/channels.ts';
import type { ResolvedHop } from '../../ssh/types.ts';
import type { DataSettings } from '../data-settings.ts';

/** What the checks judge: facts that were collected before, so that a check is a plain function. Null: could not be found out. */

export type MachineFacts = {
  readonly subject: string;
  readonly nativeCrypto: boolean;
  /** How bytes are to be carried, and where that was said; null: nowhere. */
  readonly carrying: Pick<DataSettings, 'path' | 'by'>;
  readonly ephemeral: PortRange | null;
  /** The first port that this user may listen on; 0: all. */
  readonly firstOpenPort: number;
};

export type RouteFacts = { readonly subject: string; readonly route: readonly ResolvedHop[] | Problem };

export type HopFacts = {
  readonly subject: string;
  /** A tunnel that leads through it. */
  readonly tunnel: string;
  readonly hop: ResolvedHop;
  readonly keys: KeyFacts;
  readonly known: KnownFacts;
  readonly reached: Reached;
  /** Null as well where it was not reached, or nobody that is trusted vouches for it. */
  readonly hostCertificate: HostCertificateFacts | null;
  /** Null where it was not reached. */
  readonly cipher: CipherFacts | null;
  /** How its bytes are carried, and why not by our own way where that is so; null where it was not reached. */
  readonly data: Pick<ChannelUsage, 'path' | 'plainBecause'> | null;
  /** Only where something of the profile listens on this hop; null as well where it was not reached. */
  readonly server: ServerFacts | null;
};

export type KeyFacts = {
  /** What would be tried, in this order; or why there is nothing. */
  readonly login:
    | { readonly labels: readonly string[]; readonly skipped: readonly Problem[]; readonly certificates: readonly CertificateInUse[] }
    | Problem;
  /** How many keys the agent holds, or why it cannot be used. */
  readonly agent: { readonly socket: string; readonly keys: number | AgentTrouble } | null;
};

export type KnownFacts = {
  readonly pins: readonly string[];
  /** `file:line` of each key that is known for this host. */
  readonly at: readonly string[];
  /** The same of each authority whose certificates count for this host. */
  readonly authorities: readonly string[];
  readonly unreadable: readonly { readonly file: string; readonly code: string }[];
};

/** A certificate that the server showed. `name`: its identity and serial number. `authority`: type and fingerprint. */
export type HostCertificateFacts = { readonly name: string; readonly authority: string; readonly remarks: readonly TimeRemark[] };

/** What the connection is encrypted by; `costs`: of all that was measured here, null: nothing yet. */
export type CipherFacts = { readonly name: string; readonly costs: CipherCosts | null };

export type Reached =
  | { readonly is: 'reached' }
  | { readonly is: 'failed'; readonly problem: Problem }
  /** The hop that carries it was not reached. */
  | { readonly is: 'not-tried'; readonly behind: string };

export type ServerFacts = {
  readonly ident: string;
  readonly shell: Allowed;
  readonly sftp: Allowed;
  readonly keepalive: ServerKeepalive | null;
};

/** One remote forward of a profile, on a hop that was reached. */
export type RemoteFacts = {
  readonly subject: string;
  readonly tunnel: string;
  readonly on: string;
  readonly listen: Address;
  readonly isPublic: boolean;
  /** Words of the key's options as sshd told them. */
  readonly keyOptions: readonly string[] | null;
  readonly rules: ForwardingRules | null;
  readonly ephemeral: PortRange | null;
  readonly state: RemoteState;
};

export type RemoteState =
  /** It is up: this very tunnel listens there. */
  | { readonly is: 'listens' }
  | {
      readonly is: 'seen';
      readonly verdict: BindingVerdict;
      readonly evidence: Evidence;
      /** Of a Unix socket: whether somebody listens on its path. */
      readonly socketListens: boolean | null;
    }
  /** Any free port was asked for. */
  | { readonly is: 'any-port' }
  /** Looking took too long. */
  | { readonly is: 'unseen' };

/** One local forward of a profile. */
export type LocalFacts = {
  readonly subject: string;
  readonly tunnel: string;
  readonly listen: Address;
  /** The tunnel of this supervisor that listens there. */
  readonly listener: string | null;
  /** Somebody listens at this very address. */
  readonly holder: Holder | null;
  readonly isHeld: boolean;
  /** Everything else that uses the port. */
  readonly connections: readonly TcpRow[];
  readonly machine: MachineFacts;
};

export const isProblem = (value: object): value is Problem => 'code' in value && 'facts' in value;
