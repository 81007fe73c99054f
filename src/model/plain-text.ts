/** Text that others may have written, on one line: nothing in it may steer a terminal. */
export const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ').trim();

/** The same, cut to what can be read at a glance. */
export function shortLine(text: string, most = 120): string {
  // Cut first: a line of megabytes costs nothing then.
  const line = oneLine(text.slice(0, most * 4));
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}
