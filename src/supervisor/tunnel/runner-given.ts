import type { Profile } from '../../model/profile.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SshDefaults } from '../../ssh/config/ssh-defaults.ts';
import type { Links } from '../../ssh/links/links.ts';
import type { Log } from '../log.ts';
import type { Waits } from '../prompts/book.ts';
import type { Rungs } from '../recovery/rungs.ts';
import type { LocalClaims } from './local-claims.ts';

/** What one tunnel's runner needs. */
export type RunnerGiven = {
  readonly profile: Profile;
  readonly clock: Clock;
  readonly random: () => number;
  /** Asked anew for each dial. */
  readonly env: () => Promise<NodeJS.ProcessEnv>;
  readonly links: Links;
  readonly defaults: SshDefaults;
  readonly rungs: Rungs;
  readonly claims: LocalClaims;
  readonly log: Log;
  /** What this tunnel waits for a person with; null: nothing any more. */
  readonly onWaits: (waits: Waits | null) => void;
  readonly onChange: () => void;
};
