import type { AgentTrouble } from '../../../model/problems/login.ts';
import type { ResolvedHop } from '../../types.ts';
import { type Agent, type AgentKey, listAgentKeys } from './agent.ts';
import { fingerprintOf } from '../host-keys/host-key.ts';
import { isCertificateType } from './key-algorithms.ts';
import { type KeyFile, readKeyFile } from './key-file.ts';
import { type CertificateFiles, readCertificateFiles, userCertificate, type UserCertificate } from './user-certificate.ts';

/** Everything that a login can be made with, as it is found at this moment. */
export type KeyRing = {
  /** What the agent holds, in its order. */
  readonly held: readonly HeldKey[];
  /** Null: no agent is named, or it answers. */
  readonly agentTrouble: AgentTrouble | null;
  /** In the order of the hop's identities. `plain`: the public key, where a certificate is named that of which it is one. */
  readonly files: readonly RingFile[];
  readonly certificates: CertificateFiles;
};

export type HeldKey = AgentKey & {
  /** Null: it is a plain key. */
  readonly certificate: UserCertificate | null;
  /** The key, or the key that is certified, in wire form. */
  readonly plain: Buffer;
};

export type RingFile = { readonly file: KeyFile; readonly required: boolean; readonly plain: Buffer | null };

/** Read anew for each login: agents and files change. Never rejects. */
export async function readKeyRing(hop: ResolvedHop, agent: Agent | null): Promise<KeyRing> {
  const [listed, files, certificates] = await Promise.all([
    agent === null ? [] : listAgentKeys(agent),
    Promise.all(hop.identities.map(({ path }) => readKeyFile(path))),
    readCertificateFiles(hop),
  ]);
  const named = files.flatMap(({ publicKey, path }) => (publicKey && userCertificate(publicKey, path)) ?? []);
  return {
    held: typeof listed === 'string' ? [] : listed.flatMap(heldKey),
    agentTrouble: typeof listed === 'string' ? listed : null,
    files: files.map((file, at) => ({ file, required: hop.identities[at]?.required ?? false, plain: plainOf(file, named) })),
    certificates: { ...certificates, beside: [...named, ...certificates.beside] },
  };
}

function heldKey(key: AgentKey): HeldKey | readonly [] {
  const found = userCertificate(key.blob, null);
  // A host's certificate, which is of no use here.
  if (found === null && isCertificateType(key.type)) return [];
  const plain = found?.certificate.publicKey ?? key.blob;
  const label = `agent certificate ${fingerprintOf(plain)}${commentOf(key)}`;
  return { ...key, plain, certificate: found && { ...found, label } };
}

export const commentOf = ({ comment }: AgentKey): string => (comment === '' ? '' : ` (${comment})`);

const plainOf = ({ publicKey, path }: KeyFile, named: readonly UserCertificate[]): Buffer | null =>
  named.find((certificate) => certificate.path === path)?.certificate.publicKey ?? publicKey;
