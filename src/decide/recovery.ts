import type { Address } from '../model/address.ts';
import type { DeadSession, DeadSocketFile } from '../model/binding.ts';
import type { Problem } from '../model/problem.ts';
import type { ConflictStep, PortRange } from '../model/profile.ts';

/** What a forward's profile wants, and which binding it is about. */
export type Policy = {
  readonly listen: Address;
  /** The hop that listens, as the user knows it. */
  readonly on: string;
  /** What may be done about a refusal, in this order. */
  readonly onConflict: readonly ConflictStep[];
  readonly fallbackPorts: PortRange | null;
  /** From the first refusal of the episode until a person is asked; null: never. */
  readonly giveUpAfterMs: number | null;
  /** The user asked to take the binding away from a live session of their own. */
  readonly takeOver: boolean;
};

/** What was done and seen in this episode, which began with the first refusal and ends with a binding. Nothing is ever counted down. */
export type History = {
  /** `bind-again`s carried out. */
  readonly tries: number;
  /** Since the first refusal. */
  readonly sinceMs: number;
  /** For how long the verdict has been of this kind. */
  readonly verdictForMs: number;
  /** The local port of the connection that we gave up is known, and no live link uses it. */
  readonly canKnock: boolean;
  readonly knocked: boolean;
  /** The account has a shell through which a session can be ended. */
  readonly canEvict: boolean;
  /** Tried, whether or not they did anything. */
  readonly evictions: number;
  readonly unlinked: number;
  /** Fallback ports that were refused. */
  readonly triedFallbacks: readonly number[];
  /** How long at most the server keeps a session that does not answer (`serverPatience`); null: unknown, or for ever. */
  readonly patienceMs: number | null;
  /** `patienceMs` is only a bound: the server may have a keepalive of its own that we know nothing of. */
  readonly atMost: boolean;
  /** Since the server last heard from the dead session; null where we do not know. */
  readonly deadForMs: number | null;
};

export type Decision =
  /** Ask for the same binding again. */
  | { readonly do: 'bind-again'; readonly afterMs: number }
  /** Connect from the dead connection's own local port, so that the server's kernel asks ours about it; then bind again. */
  | { readonly do: 'knock' }
  /** End this session, then bind again. */
  | { readonly do: 'evict'; readonly session: DeadSession }
  /** Remove this socket file, then bind again. */
  | { readonly do: 'unlink'; readonly file: DeadSocketFile }
  /** Ask for the binding again after `retryAfterMs`; that does not touch the listener in the way. */
  | { readonly do: 'wait'; readonly retryAfterMs: number; readonly etaMs: number | null; readonly problem: Problem }
  /** Bind this port instead; refused, it joins `triedFallbacks` and the same verdict is decided about again. */
  | { readonly do: 'fall-back'; readonly port: number }
  /** Nothing more is done in this episode; the problem's retry class says whether there will be another. */
  | { readonly do: 'ask'; readonly problem: Problem };
