import { realInside, type Scope } from '../compose/reader.ts';
import { readText } from '../read-text.ts';

/** The hash (hex SHA-256) of a file's bytes as they are now, each file read once; null where there is none, `''` where it cannot be used. */
export type Fingerprints = (file: string, scope: Scope) => string | null;

export function createFingerprints(): Fingerprints {
  const known = new Map<string, string | null>();
  return (file, scope) => {
    const key = `${scope.linksMayLeave} ${file}`;
    const hash = known.has(key) ? (known.get(key) ?? null) : fingerprintOf(file, scope);
    known.set(key, hash);
    return hash;
  };
}

function fingerprintOf(file: string, scope: Scope): string | null {
  const real = scope.linksMayLeave ? file : realInside(file, scope.folder);
  if (real === null) return '';
  const text = readText(real);
  if (text.ok) return text.value.sha256;
  return text.error.absent ? null : '';
}
