import type { KeyTrouble } from '../../../model/problems/login.ts';
import type { ResolvedHop } from '../../types.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { readText } from './key-file.ts';
import { publicKeyIn } from './key-format.ts';

/** A user's certificate, from a file or an agent. */
export type UserCertificate = {
  /** What the user is told: the file's path, or `agent certificate ...`. */
  readonly label: string;
  /** Null: only the agent has it. */
  readonly path: string | null;
  /** The wire form. */
  readonly blob: Buffer;
  readonly certificate: Certificate;
};

export type CertificateFiles = {
  /** What CertificateFile names, in its order; tried before anything else. */
  readonly listed: readonly UserCertificate[];
  /** What lies beside the identities; not looked for where there is a CertificateFile, as in ssh(1) (ssh.c, load_public_identity_files). */
  readonly beside: readonly UserCertificate[];
  readonly unusable: readonly { readonly path: string; readonly trouble: KeyTrouble }[];
};

/** Never rejects. */
export async function readCertificateFiles({ login, identities }: ResolvedHop): Promise<CertificateFiles> {
  const named = login.certificates.length > 0;
  const paths = named ? login.certificates : identities.map(({ path }) => `${path.replace(/\.pub$/, '')}-cert.pub`);
  const read = await Promise.all(paths.map(readOne));
  const found = read.flatMap((one) => ('blob' in one ? one : []));
  const unusable = read.flatMap((one) => ('blob' in one || (!named && one.trouble === 'missing') ? [] : one));
  return { listed: named ? found : [], beside: named ? [] : found, unusable };
}

async function readOne(path: string): Promise<UserCertificate | { readonly path: string; readonly trouble: KeyTrouble }> {
  const read = await readText(path);
  if ('trouble' in read) return { path, trouble: read.trouble === 'not-a-key' ? 'not-a-certificate' : read.trouble };
  const blob = publicKeyIn(read.text);
  return (blob && userCertificate(blob, path)) ?? { path, trouble: 'not-a-certificate' };
}

/** Null where the blob is a plain key, or a host's certificate. */
export function userCertificate(blob: Buffer, path: string | null): UserCertificate | null {
  const certificate = parseCertificate(blob);
  return certificate?.kind === 'user' ? { label: path ?? 'agent certificate', path, blob, certificate } : null;
}
