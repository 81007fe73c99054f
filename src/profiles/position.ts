/** Both count from 1. */
export type Position = { readonly line: number; readonly column: number };
