import { CERTIFIED_KEY_ALGORITHMS, PLAIN_KEY_ALGORITHMS } from '../../model/public-key-algorithms.ts';

/** Keywords of ssh_config(5) that hold a list of algorithms, in lower case. */
export type AlgorithmKey = keyof typeof OPENSSH;

const CURVES = ['256', '384', '521'];
const UMAC = ['umac-64', 'umac-128'];
const HMAC = ['hmac-sha2-256', 'hmac-sha2-512', 'hmac-sha1'];

/** What OpenSSH 10 offers where ssh_config says nothing, in its order (myproposal.h); compared with its `ssh -G` in a test. */
export const OPENSSH = {
  kexalgorithms: [
    'mlkem768x25519-sha256',
    'sntrup761x25519-sha512',
    'sntrup761x25519-sha512@openssh.com',
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    ...CURVES.map((bits) => `ecdh-sha2-nistp${bits}`),
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group14-sha256',
  ],
  hostkeyalgorithms: [...CERTIFIED_KEY_ALGORITHMS, ...PLAIN_KEY_ALGORITHMS],
  pubkeyacceptedalgorithms: [...CERTIFIED_KEY_ALGORITHMS, ...PLAIN_KEY_ALGORITHMS],
  casignaturealgorithms: PLAIN_KEY_ALGORITHMS,
  ciphers: ['chacha20-poly1305@openssh.com', 'aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  macs: [...[...UMAC, ...HMAC].map((name) => `${name}-etm@openssh.com`), ...UMAC.map((name) => `${name}@openssh.com`), ...HMAC],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export const isAlgorithmKey = (keyword: string): keyword is AlgorithmKey => Object.hasOwn(OPENSSH, keyword);

const WEAK_KEYS = ['ssh-rsa', 'ssh-dss', 'ssh-rsa-cert-v01@openssh.com', 'ssh-dss-cert-v01@openssh.com'];
const WEAK_MACS = ['hmac-md5', 'hmac-md5-96', 'hmac-sha1-96'];

/** What OpenSSH knows besides, for patterns in such a list. */
export const WEAK: Readonly<Record<AlgorithmKey, readonly string[]>> = {
  kexalgorithms: ['diffie-hellman-group1-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group-exchange-sha1'],
  hostkeyalgorithms: WEAK_KEYS,
  pubkeyacceptedalgorithms: WEAK_KEYS,
  casignaturealgorithms: ['ssh-rsa', 'ssh-dss'],
  ciphers: ['3des-cbc', 'aes128-cbc', 'aes192-cbc', 'aes256-cbc'],
  macs: [...WEAK_MACS, ...WEAK_MACS.map((name) => `${name}-etm@openssh.com`)],
};
