import type { CipherCosts } from '../model/cipher-costs.ts';

/**
 * Our own order of the ciphers that may be offered, where ssh_config has none: what comes first and the server has too is
 * taken (RFC 4253 section 7.1). `allowed` in the order that counts as long as nothing was measured (`costs` null).
 *
 * Ciphers that authenticate come first, whatever others cost, as in OpenSSH. Among them one is put before those that were
 * before it only where it is clearly faster: what is measured is never quite the same twice.
 */
export function orderCiphers(allowed: readonly string[], costs: CipherCosts | null): readonly string[] {
  const sealing = allowed.filter(authenticates);
  const measured = sealing.filter((name) => costs?.[name] !== undefined);
  return unique([...fastestFirst(measured, costs ?? {}), ...sealing, ...allowed]);
}

/** It needs no MAC beside it. */
export const authenticates = (cipher: string): boolean => /gcm|poly1305/.test(cipher);

const CLEARLY = 1.1;

/**
 * The other end works as well, and nothing tells how fast: sshd does ChaCha20-Poly1305 at some half to two thirds of the speed
 * of AES-GCM wherever a processor has AES. So it comes first only where our own AES-GCM would hold up both.
 */
const THEIR_PART: CipherCosts = { 'chacha20-poly1305@openssh.com': 1.5 };

function fastestFirst(names: readonly string[], costs: CipherCosts): readonly string[] {
  const costOf = (name: string): number => (costs[name] ?? 0) * (THEIR_PART[name] ?? 1);
  const least = Math.min(...names.map(costOf));
  const first = names.find((name) => costOf(name) <= least * CLEARLY);
  if (first === undefined) return [];
  const others = names.filter((name) => name !== first);
  return [first, ...fastestFirst(others, costs)];
}

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)];
