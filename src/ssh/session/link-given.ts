import type { Keepalive } from '../../model/profile.ts';
import type { Clock } from '../../platform/clock.ts';
import type { DataShared } from '../data/data-shared.ts';
import type { OnRemark } from '../remark.ts';
import type { Reset, ResolvedHop } from '../types.ts';
import type { Carrier } from './carrier.ts';
import type { Session } from './open-session.ts';

/** What a live link is made of. */
export type LinkGiven = {
  readonly hop: ResolvedHop;
  readonly session: Session;
  readonly carrier: Carrier;
  readonly keepalive: Keepalive;
  readonly clock: Clock;
  readonly reset?: Reset | null;
  /** Null or left out: the channels are ssh2's own. */
  readonly data?: DataShared | null;
  readonly onRemark?: OnRemark;
  /** Called at each change between trusted and suspect. */
  readonly onSuspect: (suspect: boolean) => void;
};
