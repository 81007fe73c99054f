import { CERTIFIED_KEY_ALGORITHMS, PLAIN_KEY_ALGORITHMS } from '../../../model/public-key-algorithms.ts';

/** PubkeyAcceptedAlgorithms of OpenSSH 10, in its order: certificates before plain keys. */
export const DEFAULT_KEY_ALGORITHMS: readonly string[] = [...CERTIFIED_KEY_ALGORITHMS, ...PLAIN_KEY_ALGORITHMS];

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
