import type { CipherCosts } from '../../model/cipher-costs.ts';
import type { Keepalive } from '../../model/profile.ts';
import type { Clock } from '../../platform/clock.ts';
import type { DataShared } from '../data/data-shared.ts';
import type { SpareKeys } from '../extensions/spare-keys.ts';
import type { OnRemark } from '../remark.ts';
import type { Desk } from './asking.ts';
import type { LockOuts } from './lock-outs.ts';
import type { Parking } from './parking.ts';
import type { Slot } from './slot.ts';

export type SlotGiven = {
  readonly clock: Clock;
  readonly parking: Parking;
  readonly keepalive: Keepalive;
  readonly desk: Desk;
  readonly lockOuts: Pick<LockOuts, 'guard' | 'reached' | 'forgive'>;
  readonly keys: SpareKeys;
  readonly cipherCosts: () => CipherCosts | null;
  readonly data: DataShared | null;
  readonly parent: Slot | null;
  /** Whether a second connection is tried while the first is doubted. */
  readonly dialsBeside: boolean;
  readonly onChange: () => void;
  readonly onRemark: OnRemark;
  /** A doubted link has answered before a new one got through. */
  readonly onRevived: (doubtedMs: number) => void;
  readonly onEmpty: () => void;
};
