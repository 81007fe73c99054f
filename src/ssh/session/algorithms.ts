import { authenticates, orderCiphers } from '../../decide/order-ciphers.ts';
import type { CipherCosts } from '../../model/cipher-costs.ts';
import { type Problem, ProblemError, problem } from '../../model/problem.ts';
import type { AlgorithmKind } from '../../model/problems/network.ts';
import type { Algorithms } from '../extensions/connect.ts';
import { CERTIFIED } from '../extensions/host-certificate.ts';
import { HYBRIDS } from '../extensions/hybrids.ts';
import { agreed, type KexInit } from '../extensions/kexinit.ts';
import { ssh2Tables, type Tables } from '../extensions/tables.ts';
import type { ResolvedHop } from '../types.ts';

/**
 * What is offered to a server. Where ssh_config has a list of its own that list counts, in its order and with what is weak in
 * it, less what we cannot do; otherwise nothing with SHA-1, CBC or less than 112 bits, and of the ciphers what is fastest here
 * first. Throws `algorithms-missing`.
 */
export function algorithmsFor(hop: ResolvedHop, { hostKeys, cipherCosts = null, tables = ssh2Tables() }: AlgorithmsGiven): Algorithms {
  const { kex, ciphers, macs, hostKey } = hop.algorithms;
  const some = (kind: AlgorithmKind, found: readonly string[], asked: readonly string[] | null): readonly string[] => {
    if (found.length > 0) return found;
    throw new ProblemError(problem('algorithms-missing', { host: hop.host, port: hop.port, kind, asked: asked?.join(',') ?? '' }));
  };
  const possible = (kind: AlgorithmKind, asked: readonly string[]): readonly string[] =>
    asked.filter((name) => canDo(kind, tables).includes(name));
  const cipher = some('cipher', possible('cipher', ciphers ?? orderCiphers(tables.DEFAULT_CIPHER, cipherCosts)), ciphers);
  const hmac = possible('mac', macs ?? MACS);
  return {
    kex: some('kex', possible('kex', kex ?? KEX), kex),
    serverHostKey: some('hostKey', hostKeys, hostKey),
    // Some ciphers authenticate by themselves: where none of the MACs asked for is ours (UMAC), those are left.
    cipher: hmac.length > 0 ? cipher : some('mac', cipher.filter(authenticates), macs),
    hmac: hmac.length > 0 ? hmac : MACS,
    // RFC 4253 section 6.2 lets no server insist on more; OpenSSH's default is none as well.
    compress: ['none'],
  };
}

type AlgorithmsGiven = {
  readonly hostKeys: readonly string[];
  /** Null: nothing was measured yet. */
  readonly cipherCosts?: CipherCosts | null;
  readonly tables?: Tables;
};

/** OpenSSH 10's order; fixed groups come before those that the server makes up, as ssh2 does not check these. */
const KEX: readonly string[] = [
  ...HYBRIDS.keys(),
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group18-sha512',
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group-exchange-sha256',
];

const MACS: readonly string[] = ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'];

/** `no-common-algorithm` with the first list in which the two have nothing in common; null where they have in all. */
export function mismatch({ host, port }: ResolvedHop, ours: Algorithms, theirs: KexInit): Problem | null {
  const pairs: Pair[] = [
    { kind: 'kex', ours: ours.kex, theirs: theirs.kex.filter((name) => !/^(ext-info-|kex-strict-)/.test(name)) },
    { kind: 'hostKey', ours: ours.serverHostKey, theirs: theirs.hostKey },
    ...oneWay(ours, theirs.cipherOut, theirs.macOut),
    ...oneWay(ours, theirs.cipherIn, theirs.macIn),
  ];
  const apart = pairs.find((pair) => agreed(pair.ours, pair.theirs) === undefined);
  if (apart === undefined) return null;
  const could = apart.theirs.filter((name) => canDo(apart.kind, ssh2Tables()).includes(name)).join(',');
  return problem('no-common-algorithm', {
    host,
    port,
    kind: apart.kind,
    ours: apart.ours.join(','),
    theirs: apart.theirs.join(','),
    could,
  });
}

type Pair = { readonly kind: AlgorithmKind; readonly ours: readonly string[]; readonly theirs: readonly string[] };

function oneWay(ours: Algorithms, ciphers: readonly string[], macs: readonly string[]): Pair[] {
  const cipher = agreed(ours.cipher, ciphers);
  const ofCiphers: Pair = { kind: 'cipher', ours: ours.cipher, theirs: ciphers };
  return cipher !== undefined && authenticates(cipher) ? [ofCiphers] : [ofCiphers, { kind: 'mac', ours: ours.hmac, theirs: macs }];
}

/** Whatever can be done where ssh_config asks for it. */
function canDo(kind: AlgorithmKind, tables: Tables): readonly string[] {
  switch (kind) {
    case 'kex':
      return [...tables.SUPPORTED_KEX, ...HYBRIDS.keys()];
    case 'hostKey':
      return [...tables.SUPPORTED_SERVER_HOST_KEY.filter((name) => name !== 'ssh-dss'), ...CERTIFIED.keys()];
    case 'cipher':
      return tables.SUPPORTED_CIPHER;
    case 'mac':
      return tables.SUPPORTED_MAC;
  }
}
