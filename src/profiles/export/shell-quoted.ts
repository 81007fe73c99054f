/**
 * A word as sh(1) reads it back; it stays as it is where nothing in it means anything to a shell. Quotes and backslashes stand in
 * double quotes, as ssh looks for balanced quotes in a ProxyCommand and takes the backslash in `'\'` for an escape.
 */
export const shellQuoted = (word: string): string =>
  /^[\w@%+:,./=-]+$/.test(word) ? word : `'${word.replaceAll(/['\\]/g, (one) => (one === "'" ? `'"'"'` : String.raw`'"\\"'`))}'`;
