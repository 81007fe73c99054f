import type { CipherCosts } from '../../model/cipher-costs.ts';
import type { TunnelSnapshot } from '../../model/snapshot.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Lease, Route } from '../../ssh/links/links.ts';
import type { ServerKeepalive } from '../../ssh/recovery/keepalive/server-keepalive.ts';
import type { AccountMemory } from '../../ssh/remote/account-memory.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { DataSettings } from '../data-settings.ts';
import type { Claims } from '../recovery/claims.ts';
import type { SessionBook } from '../recovery/session-book.ts';
import type { WantedTunnel } from '../wanted-store.ts';

export type DoctorNeeds = {
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly accounts: AccountMemory;
  readonly book: SessionBook;
  readonly claims: Claims;
  readonly cipherCosts: () => CipherCosts | null;
  /** How bytes are carried in this supervisor, and who has said so. */
  readonly carrying: Pick<DataSettings, 'path' | 'by'>;
  /** How patient a hop's server is; asked once for each link. */
  readonly keepaliveOf: (link: HopLink) => Promise<ServerKeepalive | null>;
  /** A route over the supervisor's shared connections. */
  readonly lease: (route: Route, signal: AbortSignal) => Promise<Lease>;
  readonly snapshot: () => readonly TunnelSnapshot[];
  /** What a tunnel was brought up with; null: there is none of that name. */
  readonly asked: (name: string) => WantedTunnel | null;
};

/** One examination. */
export type Examining = DoctorNeeds & { readonly signal: AbortSignal };
