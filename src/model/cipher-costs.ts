/** What encrypting and decrypting costs on one machine: nanoseconds for a byte, both together, by the cipher's name in SSH. */
export type CipherCosts = Readonly<Record<string, number>>;

/** `aes128-gcm@openssh.com 1610 MB/s, ...` */
export const printSpeeds = (costs: CipherCosts): string =>
  Object.entries(costs)
    .map(([name, cost]) => `${name} ${Math.round(1_000 / cost)} MB/s`)
    .join(', ');
