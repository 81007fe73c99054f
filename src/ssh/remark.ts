import type { Problem } from '../model/problem.ts';

type At = { readonly host: string; readonly port: number };

/** What is worth a line in the log, though the connection goes on. */
export type Remark =
  | { readonly is: 'trouble'; readonly problem: Problem }
  /** A new host key was written down; `key`: type and fingerprint. */
  | ({ readonly is: 'host-key-added'; readonly key: string; readonly file: string; readonly by: 'person' | 'policy' } & At)
  /** UpdateHostKeys has changed a file: type and fingerprint of each key. */
  | ({ readonly is: 'host-keys-updated'; readonly file: string; readonly added: readonly string[]; readonly gone: readonly string[] } & At)
  /** ssh2 carries the bytes itself, as it is not the one that our data path was written for, or compresses. */
  | { readonly is: 'plain-data-path'; readonly why: string }
  /** What the server shows to whoever logs in (RFC 4252 section 5.4). It says what it likes, and how much. */
  | ({ readonly is: 'banner'; readonly text: string } & At);

export type OnRemark = (remark: Remark) => void;
