/** The one version that what lies in this folder was written against: it reaches into ssh2, which promises nothing there. */
export const SSH2_VERSION = '1.17.0';

/** ssh2 is another one than this program was built for. A defect of the installation, told at once and not as a strange connection. */
export class UnknownSsh2 extends Error {
  override readonly name = 'UnknownSsh2';
}

export function requireVersion(found: unknown): void {
  if (found !== SSH2_VERSION) throw new UnknownSsh2(`ssh2 ${SSH2_VERSION} is needed, found ${String(found)}`);
}

/** What `typeof` says of a part; `array` and `buffer` as well. */
type Kind = 'function' | 'object' | 'string' | 'number' | 'array' | 'buffer';

/** Gives `owner` as what it is known to be, or throws UnknownSsh2 with the first part that is not as expected. */
export function requireShape<T>(where: string, owner: unknown, parts: Readonly<Record<string, Kind>>): T {
  for (const [name, kind] of Object.entries(parts)) {
    const found = kindOf((owner as Record<string, unknown> | null | undefined)?.[name]);
    if (found !== kind) throw new UnknownSsh2(`ssh2 ${SSH2_VERSION} has ${where}.${name} as ${kind}, found ${found}`);
  }
  return owner as T;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (Buffer.isBuffer(value)) return 'buffer';
  return value === null ? 'null' : typeof value;
}
