import * as v from 'valibot';
import type { Clock } from '../../platform/clock.ts';

/**
 * Whether an account lets us do something there. `why`: `forced` another program ran in its place (a forced command,
 * nologin), `silent` something ran and said nothing, `refused` the server starts nothing of the kind.
 */
const AllowedSchema = v.variant('is', [
  v.object({ is: v.literal('yes') }),
  v.object({ is: v.literal('no'), why: v.picklist(['forced', 'silent', 'refused']) }),
  v.object({ is: v.literal('unknown') }),
]);

const AccountSchema = v.object({
  hostKey: v.string(),
  user: v.string(),
  shell: AllowedSchema,
  sftp: AllowedSchema,
  /** How often the server was last seen to ask silent clients of this account; ms. Absent: never seen. */
  asksEveryMs: v.exactOptional(v.number()),
  learnedAt: v.number(),
});

/** What is kept on disk; `v.parse(AccountsSchema, ...)` before it is believed. */
export const AccountsSchema = v.array(AccountSchema);

export type Allowed = v.InferOutput<typeof AllowedSchema>;
export type Account = v.InferOutput<typeof AccountSchema>;
/** An account: a user on the server that has this host key, whatever its name or address. */
export type AccountKey = { readonly hostKey: string; readonly user: string };

export type AccountMemoryNeeds = {
  readonly clock: Pick<Clock, 'now'>;
  /** What was learned in earlier runs. */
  readonly known?: readonly Account[];
  /** Called with everything that is known after each change, to be kept. */
  readonly onChange?: (accounts: readonly Account[]) => void;
};

const UNKNOWN: Allowed = { is: 'unknown' };

/**
 * What accounts allow. A forced command has effects that nobody asked for, so it is run into once at most: one question
 * at a time is asked of an account that is not known yet, and the answer is kept for good.
 */
export class AccountMemory {
  readonly #needs: AccountMemoryNeeds;
  readonly #accounts: Map<string, Account>;
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(needs: AccountMemoryNeeds) {
    this.#needs = needs;
    this.#accounts = new Map((needs.known ?? []).map((account) => [nameOf(account), account]));
  }

  of({ hostKey, user }: AccountKey): Account {
    return this.#accounts.get(nameOf({ hostKey, user })) ?? { hostKey, user, shell: UNKNOWN, sftp: UNKNOWN, learnedAt: 0 };
  }

  learn(key: AccountKey, what: Partial<Pick<Account, 'shell' | 'sftp' | 'asksEveryMs'>>): void {
    const before = this.of(key);
    const after = { ...before, ...what };
    if (isSame(before.shell, after.shell) && isSame(before.sftp, after.sftp) && before.asksEveryMs === after.asksEveryMs) return;
    this.#accounts.set(nameOf(key), { ...after, learnedAt: this.#needs.clock.now() });
    this.#needs.onChange?.(this.all());
  }

  all(): readonly Account[] {
    return [...this.#accounts.values()];
  }

  /** Runs `ask` when nobody else asks the same account something. */
  async inTurn<T>(key: AccountKey, ask: () => Promise<T>): Promise<T> {
    const name = nameOf(key);
    const mine = (this.#turns.get(name) ?? Promise.resolve()).then(ask, ask);
    this.#turns.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(name) === mine) this.#turns.delete(name);
    }
  }
}

const nameOf = ({ hostKey, user }: AccountKey): string => `${hostKey} ${user}`;
const isSame = (a: Allowed, b: Allowed): boolean => a.is === b.is && (a.is !== 'no' || b.is !== 'no' || a.why === b.why);
