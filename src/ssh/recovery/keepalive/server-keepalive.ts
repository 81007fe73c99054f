/** How patient a server's sshd is with a silent client (sshd_config(5), ClientAliveInterval and ClientAliveCountMax). */
export type ServerKeepalive = {
  /** As configured, so not doubled where OpenSSH 9.2 to 9.4 doubles it; 0: it never asks. */
  readonly intervalMs: number;
  /** Null: not known, as nothing on the wire tells it. */
  readonly countMax: number | null;
  /** `sshd`: its own word (sshd -G). `config`, `sftp`: its files, read by the shell or over SFTP. `observed`: its keepalives. */
  readonly source: 'sshd' | 'config' | 'sftp' | 'observed';
  /** A Match block sets it too, and whether that one holds for us is not known. */
  readonly conditional: boolean;
};

/** OpenSSH 9.2 to 9.4 ask only every second interval (fixed in 9.5 by 9d7193a8). `ident` is the software version it sends. */
export const doublesItsInterval = (ident: string): boolean => /OpenSSH_(?:for_Windows_)?9\.[234](?!\d)/.test(ident);
