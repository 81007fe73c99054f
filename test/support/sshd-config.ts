export type SshdFiles = {
  readonly listen: readonly string[];
  readonly port: number;
  readonly hostKeys: readonly string[];
  readonly dir: string;
  readonly extra: readonly string[];
};

/**
 * The text of an sshd_config. sshd takes the first value of a keyword (sshd_config(5)), so the test's own lines
 * come first; from its first `Match` on they come last, since a Match block ends only at the file's end.
 */
export function sshdConfig({ listen, port, hostKeys, dir, extra }: SshdFiles): string {
  const match = extra.findIndex((line) => /^\s*match\b/i.test(line));
  const cut = match < 0 ? extra.length : match;
  return [
    ...extra.slice(0, cut),
    ...listen.map((address) => `ListenAddress ${address.includes(':') ? `[${address}]` : address}:${port}`),
    ...hostKeys.map((path) => `HostKey ${path}`),
    `PidFile ${dir}/sshd.pid`,
    `AuthorizedKeysFile ${dir}/authorized/%u`,
    'LogLevel DEBUG1',
    'UsePAM no',
    'StrictModes no',
    'UseDNS no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PrintMotd no',
    'PrintLastLog no',
    'MaxStartups 200',
    'Subsystem sftp internal-sftp',
    ...extra.slice(cut),
    '',
  ].join('\n');
}
