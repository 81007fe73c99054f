/** PATTERNS of ssh_config(5): `*` is anything, `?` is one character, case does not matter. */
export function matchesPattern(text: string, pattern: string): boolean {
  const subject = text.toLowerCase();
  const wanted = pattern.toLowerCase();
  // Not a regular expression: a pattern of many stars in a hostile file would make one run for years.
  let at = 0;
  let star = -1;
  let resume = 0;
  let p = 0;
  while (at < subject.length) {
    if (wanted[p] === '*') {
      star = p;
      p += 1;
      resume = at;
    } else if (p < wanted.length && (wanted[p] === '?' || wanted[p] === subject[at])) {
      p += 1;
      at += 1;
    } else if (star >= 0) {
      resume += 1;
      at = resume;
      p = star + 1;
    } else return false;
  }
  return /^\**$/.test(wanted.slice(p));
}

/** True when one pattern matches and no pattern after a `!` does. */
export function matchesPatterns(text: string, patterns: readonly string[]): boolean {
  const refused = patterns.some((pattern) => pattern.startsWith('!') && matchesPattern(text, pattern.slice(1)));
  return !refused && patterns.some((pattern) => !pattern.startsWith('!') && matchesPattern(text, pattern));
}
