export const beginLine = (nonce: string): string => `tunnels ${nonce} begin`;
export const endLine = (nonce: string): string => `tunnels ${nonce} end`;

/**
 * A script as sh gets it over stdin. The parentheses make one command of it, which sh parses to its end before it starts:
 * half a script, from a connection that broke, does nothing. They also let the script `exit` without losing the last line.
 * The first echo ends whatever line a login shell's own files have begun.
 */
export function framed(script: string, input: string): string {
  return `input=${quoted(input)}
PATH=$PATH:/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C
export PATH LC_ALL
echo; echo "tunnels $1 begin"
(
${script.trimEnd()}
) </dev/null
echo; echo "tunnels $1 end"
exit
`;
}

/** In single quotes nothing is special to a POSIX shell (XCU 2.2.2) but their end. */
function quoted(text: string): string {
  if (text.includes('\0')) throw new TypeError('a shell cannot take NUL');
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
