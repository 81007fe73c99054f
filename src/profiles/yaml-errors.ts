import type { ErrorCode } from 'yaml';

/** Words for what is wrong with the YAML itself. The parser's own are not used, as they quote the text, which may be a secret. */
export const yamlWords = (code: ErrorCode): string =>
  WORDS[code] ?? 'The YAML cannot be read from here on. Check quotes, brackets and indentation.';

const WORDS: { readonly [Code in ErrorCode]?: string } = {
  DUPLICATE_KEY: 'This key is here twice. Remove one.',
  MULTIPLE_DOCS: 'Here begins a second document. Write one profile to a file.',
  TAB_AS_INDENT: 'A tab is used to indent. YAML takes spaces only.',
  BAD_INDENT: 'The indentation does not fit the lines above. Align it with its neighbours, or close what is open above.',
  MISSING_CHAR: 'A closing quote or bracket, a comma or a colon is missing here.',
  UNEXPECTED_TOKEN: 'This is not expected here. Check the lines above for a missing colon, quote or bracket.',
  BAD_SCALAR_START: 'A text may not begin with this character. Put it in quotes.',
  BAD_DQ_ESCAPE: 'There is no such escape in double quotes. Use single quotes, or double the backslash.',
  BLOCK_AS_IMPLICIT_KEY: 'A mapping may not begin inside this line. Put it on a line of its own, or put the value in quotes.',
  MULTILINE_IMPLICIT_KEY: 'This line is neither a key nor a value. Check for a missing colon, and the indentation.',
  BLOCK_IN_FLOW: 'Inside brackets or braces only the bracketed forms are allowed.',
  TAG_RESOLVE_FAILED: 'A tag (!name) is not known here. Remove it.',
  BAD_ALIAS: 'This alias (*name) cannot be used.',
  ALIAS_PROPS: 'An alias (*name) takes neither anchor nor tag.',
  BAD_DIRECTIVE: 'This directive (%) is not known here. Remove it.',
  NON_STRING_KEY: 'A key must be a text.',
  KEY_OVER_1024_CHARS: 'This key is too long.',
  RESOURCE_EXHAUSTION: 'This is nested too deeply to be a profile.',
};
