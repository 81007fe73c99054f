/**
 * A path without the tokens that ssh_config(5) fills in: `%%` is a percent sign, `%d/` and `${HOME}/` at its beginning the
 * home. Null: it has others, which only ssh knows.
 */
export function plainPath(text: string): string | null {
  const path = text.replace(/^(%d|\$\{HOME\})\//, '~/').replaceAll('%%', '\0');
  return /%|\$\{/.test(path) || /^~[^/]/.test(path) ? null : path.replaceAll('\0', '%');
}
