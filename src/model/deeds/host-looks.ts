import { visible } from '../visible.ts';

/**
 * Whether a name may be taken for another one: letters beyond ASCII, as a Cyrillic а is, or a name in punycode (RFC 3492),
 * which stands for such letters.
 */
export const looksAlike = (host: string): boolean => /[^\u0020-\u007e]/.test(host) || /(^|\.)xn--/i.test(host);

/** A host for people: nothing invisible, and beside letters beyond ASCII the name that is really asked for. */
export function hostText(host: string): string {
  const shown = visible(host);
  if (!/[^\u0020-\u007e]/.test(host)) return shown;
  const ascii = asciiOf(host);
  return ascii === null || ascii === shown ? shown : `${shown} (${ascii})`;
}

/** As names of domains are asked for (UTS #46), by the parser of URLs; null: it cannot be one. */
function asciiOf(host: string): string | null {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname : null;
}
