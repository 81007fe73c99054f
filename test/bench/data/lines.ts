import type { LongLinkOptions } from './long-link.ts';
import type { Place } from './place.ts';

/** What one round of one client gave, by name. */
export type Sample = Readonly<Record<string, number>>;

/** One line of the table. */
export type Line = {
  readonly what: string;
  /** The name in the samples. */
  readonly of: string;
  readonly unit: 'MB/s' | '/s' | 'µs' | 's/GB' | 'MB' | 'ms' | '×';
  /** Of the ratio ours / theirs, or of ours alone; none: for information. */
  readonly asked?: { readonly atLeast: number } | { readonly atMost: number } | { readonly oursAtMost: number };
};

/** Both clients, ready to be measured in turns. */
export type Stand = {
  tunnels(): Promise<Sample>;
  ssh(): Promise<Sample>;
  close(): Promise<void>;
};

export type Where = 'loopback' | LongLinkOptions;

/** Lines that the same runs answer. */
export type Group = {
  readonly where: Where;
  readonly lines: readonly Line[];
  /** At most so many rounds. */
  readonly rounds?: number;
  readonly stand: (place: Place) => Promise<Stand>;
};
