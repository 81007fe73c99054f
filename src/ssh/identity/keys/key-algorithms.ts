/** PubkeyAcceptedAlgorithms of OpenSSH 10, in its order: certificates before plain keys. */
export const DEFAULT_KEY_ALGORITHMS: readonly string[] = [
  'ssh-ed25519-cert-v01@openssh.com',
  'ecdsa-sha2-nistp256-cert-v01@openssh.com',
  'ecdsa-sha2-nistp384-cert-v01@openssh.com',
  'ecdsa-sha2-nistp521-cert-v01@openssh.com',
  'sk-ssh-ed25519-cert-v01@openssh.com',
  'sk-ecdsa-sha2-nistp256-cert-v01@openssh.com',
  'rsa-sha2-512-cert-v01@openssh.com',
  'rsa-sha2-256-cert-v01@openssh.com',
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

const CERTIFICATE = '-cert-v01@openssh.com';

export const isCertificateType = (type: string): boolean => type.endsWith(CERTIFICATE);

/** The algorithms that a key of this type (as its wire form names it) may be used with, in the order of `accepted`. */
export const algorithmsOf = (type: string, accepted: readonly string[]): string[] => accepted.filter((name) => typeOf(name) === type);

/** RFC 8332: RSA keys are named `ssh-rsa` whatever hash they sign with. */
const typeOf = (algorithm: string): string => algorithm.replace(/^rsa-sha2-(256|512)/, 'ssh-rsa');

/** What a signature made under this public-key algorithm is named. */
export function signatureNameOf(algorithm: string): string {
  if (!isCertificateType(algorithm)) return algorithm;
  const plain = algorithm.slice(0, -CERTIFICATE.length);
  return plain.startsWith('sk-') ? `${plain}@openssh.com` : plain;
}

/**
 * The algorithm to use with a server, as ssh(1) chooses (sshconnect2.c, key_sig_algorithm); null where there is none.
 * `serverTakes`: its server-sig-algs (RFC 8308), null where it has sent none. Only RSA keys have a choice.
 */
export function chooseAlgorithm(algorithms: readonly string[], serverTakes: readonly string[] | null): string | null {
  const isTaken = (name: string): boolean =>
    !typeOf(name).startsWith('ssh-rsa') || (serverTakes === null ? typeOf(name) === name : serverTakes.includes(signatureNameOf(name)));
  return algorithms.find(isTaken) ?? null;
}
