import { readFile } from 'node:fs/promises';
import { problem, ProblemError } from '../../../model/problem.ts';
import { isKey, plainKeyOf, type Certificate } from '../keys/certificate.ts';
import { typeOfKey } from './host-key.ts';
import { isKrl, isRevokedBy, parseKrl } from './krl.ts';

export type Shown = {
  /** The plain key in wire form. */
  readonly key: Buffer;
  readonly certificate: Certificate | null;
};

/**
 * The file of RevokedHostKeys, and the line of a list of keys, that revokes what is shown; null: none does. Rejects with
 * `revoked-keys-unusable` where a file is missing or not understood, as ssh then refuses every server (ssh_config(5)).
 */
export async function findRevocation(files: readonly string[], shown: Shown): Promise<{ file: string; line: number | null } | null> {
  for (const file of files) {
    const bytes = await read(file);
    const line = isKrl(bytes) ? inKrl(bytes, { file, shown }) : inList(bytes, { file, shown });
    if (line !== false) return { file, line };
  }
  return null;
}

type Given = { readonly file: string; readonly shown: Shown };

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw unusable(file, (error as NodeJS.ErrnoException).code ?? 'unreadable');
  }
}

const unusable = (file: string, why: string): ProblemError => new ProblemError(problem('revoked-keys-unusable', { file, why }));

function inKrl(bytes: Buffer, { file, shown: { key, certificate } }: Given): null | false {
  const krl = parseKrl(bytes);
  if (krl === null) throw unusable(file, 'a broken key revocation list, or one with parts that are not known');
  return isRevokedBy(krl, key, certificate) ? null : false;
}

/** One public key a line, as in a .pub file; of a certificate its plain key counts (authfile.c, sshkey_in_file). */
function inList(bytes: Buffer, { file, shown }: Given): number | false {
  const revoked = [shown.key, ...(shown.certificate === null ? [] : [shown.certificate.caKey])];
  for (const [at, text] of bytes.toString('latin1').split('\n').entries()) {
    const [type, base64] = text.split(/[ \t\r]+/).filter((word) => word !== '');
    if (type === undefined || type.startsWith('#')) continue;
    const blob = Buffer.from(base64 ?? '', 'base64');
    if (typeOfKey(blob) !== type || !isKey(blob)) throw unusable(file, `line ${at + 1} is not a public key`);
    if (revoked.some((key) => key.equals(plainKeyOf(blob)))) return at + 1;
  }
  return false;
}
