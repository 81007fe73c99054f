/**
 * What the supervisor's exit code says to whoever keeps it running (our keeper, systemd, launchd).
 * Any other code, and any signal, means: start it again. The numbers are those of sysexits.h.
 */
export const SUPERVISOR_EXIT = {
  /** By choice. */
  stopped: 0,
  /** EX_UNAVAILABLE: another one runs. */
  anotherRuns: 69,
  /** EX_CONFIG: it can never start with this directory or socket path. */
  cannotStart: 78,
  /** EX_SOFTWARE: it failed, and a new start may help. */
  failed: 70,
} as const;

/** One line of JSON that the supervisor writes to the descriptor it was given, once it is ready or knows that it will not be. */
export type ReadyLine = { readonly ready: true } | { readonly ready: false; readonly code: string; readonly facts: object };
