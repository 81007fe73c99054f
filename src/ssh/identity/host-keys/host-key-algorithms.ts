import type { ServerHostKeyAlgorithm } from 'ssh2';

/** All plain ones that ssh2 knows, without `ssh-rsa` (SHA-1) and `ssh-dss`, in OpenSSH's order of preference. */
const PLAIN: readonly string[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

const CERTIFIED: readonly string[] = PLAIN.map((algorithm) => `${algorithm}-cert-v01@openssh.com`);

export type AlgorithmsGiven = {
  /** Plain keys that are known for the host. */
  readonly known: readonly { readonly type: string }[];
  /** Whether there may be an authority whose certificates count for the host. */
  readonly certified: boolean;
  /** HostKeyAlgorithms; null: our own. */
  readonly configured: readonly string[] | null;
};

/**
 * The order in which to ask for host keys (sshconnect2.c, order_hostkeyalgs): certificates where an authority is
 * known, then keys that are known. Else a server with several keys may show one that is not on file, and a well-known
 * server looks unknown. Empty where ssh_config asks for none that we have.
 */
export function hostKeyAlgorithms({ known, certified, configured }: AlgorithmsGiven): ServerHostKeyAlgorithm[] {
  // Where nobody vouches for them, certificates are good for the key within, if a server should have nothing else.
  const ours = certified ? [...CERTIFIED, ...PLAIN] : [...PLAIN, ...CERTIFIED];
  const wanted = configured?.filter((algorithm) => ours.includes(algorithm) || algorithm === 'ssh-rsa') ?? ours;
  const isFirst = (algorithm: string): boolean =>
    (certified && isCertified(algorithm)) || known.some(({ type }) => isForType(algorithm, type));
  const first = wanted.filter(isFirst);
  // @types/ssh2 knows no certificates, which an extension of ours gives to ssh2.
  return [...first, ...wanted.filter((algorithm) => !first.includes(algorithm))] as ServerHostKeyAlgorithm[];
}

/** Whether HostKeyAlgorithms lets a plain key of this type be shown. */
export const allowsType = (type: string, configured: readonly string[] | null): boolean =>
  configured === null || configured.some((algorithm) => isForType(algorithm, type));

const isCertified = (algorithm: string): boolean => algorithm.endsWith('-cert-v01@openssh.com');

const isForType = (algorithm: string, type: string): boolean =>
  algorithm === type || (type === 'ssh-rsa' && ['rsa-sha2-512', 'rsa-sha2-256'].includes(algorithm));
