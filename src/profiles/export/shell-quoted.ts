/** A word as sh(1) reads it back; it stays as it is where nothing in it means anything to a shell. */
export const shellQuoted = (word: string): string => (/^[\w@%+:,./=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`);
