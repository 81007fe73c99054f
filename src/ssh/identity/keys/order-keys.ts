import type { ParsedKey } from 'ssh2';
import type { ResolvedHop } from '../../types.ts';
import { fingerprintOf } from '../host-keys/host-key.ts';
import { commentOf, type HeldKey, type KeyRing, type RingFile } from './key-ring.ts';
import type { UserCertificate } from './user-certificate.ts';

/** A key or certificate to try, and who has its private half. */
export type Candidate = {
  readonly label: string;
  readonly blob: Buffer;
  /** The public key, the same as `blob` where it is not a certificate. */
  readonly plain: Buffer;
  readonly certificate: UserCertificate | null;
  readonly holder: Holder;
};

/** `locked`: a file whose passphrase is to be asked for. */
type Holder =
  | { readonly is: 'agent'; readonly key: HeldKey }
  | { readonly is: 'file'; readonly path: string; readonly key: ParsedKey }
  | { readonly is: 'locked'; readonly path: string };

/**
 * The order to try: certificates of CertificateFile, then keys that the profile or ssh_config names, which the agent holds
 * or a file; the agent's other keys unless IdentitiesOnly; then what ssh looks for by itself, and last what a person
 * must unlock. Each certificate comes before its key. No key twice.
 *
 * ssh(1) (sshconnect2.c, pubkey_prepare) is different in two places: it tries the agent's other keys before named files, and
 * a key before the certificate beside it. Both cost attempts, and servers end a login after a few (MaxAuthTries).
 */
export function orderKeys(hop: ResolvedHop, ring: KeyRing): Candidate[] {
  const { files, held, certificates } = ring;
  const isHeld = ({ plain }: RingFile): boolean => plain !== null && held.some((key) => key.plain.equals(plain));
  const alone = files.filter((file) => !isHeld(file));
  const usable = alone.filter(({ file }) => file.trouble === null);
  const plains = [
    ...files.filter(isHeld),
    ...usable.filter(({ required }) => required),
    ...(hop.identitiesOnly ? [] : held),
    ...usable,
    ...files.filter(({ file }) => file.trouble === 'encrypted' || file.trouble === null),
  ].flatMap(({ plain }) => plain ?? []);
  const listed = certificates.listed.flatMap((one) => candidateOf(one, { hop, ring }) ?? []);
  return unique([...listed, ...unique(plains.map((blob) => ({ blob }))).flatMap(({ blob }) => family(blob, { hop, ring }))]);
}

type Given = { readonly hop: ResolvedHop; readonly ring: KeyRing };

/** A key's certificates, and then the key itself. */
function family(plain: Buffer, given: Given): Candidate[] {
  const { ring, hop } = given;
  const beside = ring.certificates.beside.filter(({ certificate }) => certificate.publicKey.equals(plain));
  // With IdentitiesOnly a certificate that only the agent has is not named by anything.
  const held = hop.identitiesOnly ? [] : ring.held.flatMap(({ certificate, plain: of }) => (of.equals(plain) && certificate) || []);
  const certificates = [...beside, ...held].flatMap((one) => candidateOf(one, given) ?? []);
  return [...certificates, ...plainCandidate(plain, given)];
}

/** Null where nobody has the private key. */
function candidateOf(certificate: UserCertificate, { hop, ring }: Given): Candidate | null {
  const { blob, label } = certificate;
  const plain = certificate.certificate.publicKey;
  const holder = holderOf(blob, { hop, ring }) ?? holderOf(plain, { hop, ring });
  return holder && { label, blob, plain, certificate, holder };
}

function plainCandidate(plain: Buffer, given: Given): Candidate[] {
  const holder = holderOf(plain, given);
  if (holder === null) return [];
  const label = holder.is === 'agent' ? `agent key ${fingerprintOf(plain)}${commentOf(holder.key)}` : holder.path;
  return [{ label, blob: plain, plain, certificate: null, holder }];
}

/** The agent before a file, as it asks for nothing. With IdentitiesOnly it signs only with what a file names. */
function holderOf(blob: Buffer, { hop, ring }: Given): Holder | null {
  const key = ring.held.find((one) => one.blob.equals(blob));
  if (key !== undefined && (!hop.identitiesOnly || isNamed(key, ring))) return { is: 'agent', key };
  const files = ring.files.filter(({ plain }) => plain?.equals(blob));
  for (const { file } of files) if (file.trouble === null) return { is: 'file', path: file.path, key: file.key };
  const locked = files.find(({ file }) => file.trouble === 'encrypted');
  return locked === undefined ? null : { is: 'locked', path: locked.file.path };
}

function isNamed({ blob, plain }: HeldKey, { files, certificates }: KeyRing): boolean {
  const byCertificate = [...certificates.listed, ...certificates.beside].some((one) => one.blob.equals(blob));
  return byCertificate || (plain === blob && files.some((file) => file.plain?.equals(blob)));
}

const unique = <T extends { readonly blob: Buffer }>(all: readonly T[]): T[] => {
  const seen = new Set<string>();
  return all.filter(({ blob }) => seen.size < seen.add(blob.toString('base64')).size);
};
