import type { ServerHostKeyAlgorithm } from 'ssh2';

/** All that ssh2 knows, without `ssh-rsa` (SHA-1) and `ssh-dss`, in OpenSSH's order of preference. */
const SAFE: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/**
 * The order in which to ask for host keys: those whose key is known first. Else a server with several keys may
 * show one that is not on file, and a well-known server looks unknown.
 */
export function hostKeyAlgorithms(known: readonly { readonly type: string }[]): ServerHostKeyAlgorithm[] {
  const first = SAFE.filter((algorithm) =>
    known.some(({ type }) => (type === 'ssh-rsa' ? algorithm.startsWith('rsa-sha2-') : algorithm === type)),
  );
  return [...first, ...SAFE.filter((algorithm) => !first.includes(algorithm))];
}
