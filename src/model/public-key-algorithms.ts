/**
 * The plain public-key algorithms of OpenSSH 10, in its order (myproposal.h): what signs for a key, a host or an authority
 * where ssh_config says nothing. Without `ssh-rsa`, which is SHA-1.
 */
export const PLAIN_KEY_ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

/** The same with a certificate (OpenSSH PROTOCOL.certkeys). */
export const CERTIFIED_KEY_ALGORITHMS: readonly string[] = PLAIN_KEY_ALGORITHMS.map(
  (name) => `${name.replace('@openssh.com', '')}-cert-v01@openssh.com`,
);
