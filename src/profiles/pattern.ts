/** `*` is any text, `?` any character, upper and lower case as given. Stars in a row are one, as each costs another pass over the name. */
export const patternOf = (word: string, flags = ''): RegExp => {
  const escaped = word.replaceAll(/\*+/g, '*').replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, flags);
};

export const isPattern = (word: string): boolean => /[*?]/.test(word);
