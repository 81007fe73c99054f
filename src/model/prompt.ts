/** A server, as a question names it. */
export type Asker = { readonly host: string; readonly port: number; readonly user: string };

/** What only a person can say. The answer is one string for each field that `fieldsOf` gives. */
export type Question =
  /** To unlock a private key; `again`: what was answered before was wrong. */
  | { readonly is: 'passphrase'; readonly path: string; readonly fingerprint: string | null; readonly again: boolean }
  | ({ readonly is: 'password'; readonly again: boolean } & Asker)
  /** Keyboard-interactive (RFC 4256): one-time codes, changed passwords. `name` and `instruction` may be empty. */
  | ({ readonly is: 'questions'; readonly name: string; readonly instruction: string; readonly questions: readonly Field[] } & Asker)
  /** A server's key that nobody has vouched for yet. The answer is `yes`, or the fingerprint, as in ssh(1). */
  | ({ readonly is: 'host-key'; readonly type: string; readonly fingerprint: string } & Asker);

export type Field = { readonly text: string /** Whether what is typed may be shown. */; readonly echo: boolean };

/** Something that a person has to do, other than to answer. */
export type Notice = { readonly is: 'touch'; readonly key: string } & Asker;
