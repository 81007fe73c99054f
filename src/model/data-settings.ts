import { parseBytes, printBytes } from './byte-size.ts';

/**
 * The settings of how users' bytes are carried. `memory.*`: what the windows may come to, that is what servers may send before
 * it was taken from us, for one connection through a tunnel, one SSH connection, and all of the supervisor.
 */
export const DATA_PATH_KEY = 'dataPath';
export const BUSY_POLL_KEY = 'busyPoll';
export const MEMORY_KEYS = { channel: 'memory.channel', link: 'memory.link', supervisor: 'memory.supervisor' } as const;
/** The variable that counts before the setting. */
export const DATA_PATH_VARIABLE = 'TUNNELS_DATA_PATH';

/** `ssh2`: the library's own way, slower, and the way out where ours does not work. */
export const DATA_PATHS = ['auto', 'ssh2'] as const;
export type DataPathChoice = (typeof DATA_PATHS)[number];

/** `off`: small messages are slept for too, which spares the processor and costs a server nearby a third of its round trip. */
export const BUSY_POLLS = ['auto', 'off'] as const;
export type BusyPollChoice = (typeof BUSY_POLLS)[number];

/** In bytes. */
export type WindowLimits = { readonly channel: number; readonly link: number; readonly supervisor: number };

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
export const WINDOW_LIMITS: WindowLimits = { channel: 32 * MIB, link: 128 * MIB, supervisor: 512 * MIB };

/** RFC 4254 section 5.2 allows a window 4 GiB; with more than one, a wrong number here would be the machine's end. */
const RANGES: Record<keyof WindowLimits, { readonly least: number; readonly most: number }> = {
  channel: { least: 64 * KIB, most: GIB },
  link: { least: MIB, most: 64 * GIB },
  supervisor: { least: MIB, most: 1024 * GIB },
};

/** Bytes of what a setting says; null: it cannot be that. */
export function limitOf(of: keyof WindowLimits, said: unknown): number | null {
  const bytes = typeof said === 'string' || typeof said === 'number' ? parseBytes(said) : null;
  const { least, most } = RANGES[of];
  return bytes !== null && bytes >= least && bytes <= most ? bytes : null;
}

export const limitWanted = (of: keyof WindowLimits): string =>
  `a size from ${printBytes(RANGES[of].least)} to ${printBytes(RANGES[of].most)}, as ${printBytes(WINDOW_LIMITS[of])}`;

export const isDataPath = (said: unknown): said is DataPathChoice => (DATA_PATHS as readonly unknown[]).includes(said);
export const DATA_PATH_WANTED = DATA_PATHS.join(' or ');
export const isBusyPoll = (said: unknown): said is BusyPollChoice => (BUSY_POLLS as readonly unknown[]).includes(said);
export const BUSY_POLL_WANTED = BUSY_POLLS.join(' or ');
