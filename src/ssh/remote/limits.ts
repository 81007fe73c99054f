import { countIn } from './lines.ts';

/** (uid_t)-1 means "no uid" (chown(2)). */
export const uidIn = (text: string | null | undefined): number | null => countIn(text, 0xffff_fffe);

/** PID_MAX_LIMIT of a 64-bit kernel is 2^22 (proc_sys_kernel(5)); 1 is init and never serves a login. */
export function pidIn(text: string | null | undefined): number | null {
  const pid = countIn(text, 2 ** 22);
  return pid === null || pid < 2 ? null : pid;
}

/** Clock ticks since boot; a hundred a second (time(7)), and no machine runs for a century. */
export const ticksIn = (text: string | null | undefined): number | null => countIn(text, 100 * 3_600 * 24 * 366 * 100);

export const portIn = (text: string | null | undefined): number | null => {
  const port = countIn(text, 65_535);
  return port === 0 ? null : port;
};

export const bootIdIn = (text: string | null | undefined): string | null =>
  typeof text === 'string' && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : null;
