/** How a signature is made. */
export type Signing = {
  readonly session: SessionProof;
  /** Of the signature itself, never of a certificate: such as `rsa-sha2-512` or `ssh-ed25519`. */
  readonly algorithm: string;
  /** Aborted when the connection is gone that it is for. */
  readonly signal: AbortSignal;
};

/** That a session is with a certain server: its host key's signature over the session's identifier (RFC 4253 section 8). */
export type SessionProof = { readonly id: Buffer; readonly hostKey: Buffer; readonly signature: Buffer };

/**
 * Whatever holds a private key: a file, an agent, a file that has to be unlocked first. Gives the signature in the wire
 * form of RFC 4253 section 6.6, with everything that follows it (PROTOCOL.u2f). Rejects with SigningFailed, and then the
 * login goes on with the next key.
 */
export type Signer = (data: Buffer, signing: Signing) => Promise<Buffer>;

/** One key to log in with, as a server is shown it. */
export type LoginKey = {
  /** The wire form of the public key, or of its certificate. */
  readonly blob: Buffer;
  /** Its public-key algorithms in order of preference, such as `rsa-sha2-512-cert-v01@openssh.com`; never empty. */
  readonly algorithms: readonly string[];
  readonly sign: Signer;
  /** Told why the key ended without an answer of the server. */
  readonly onFailure: (why: SignTrouble) => void;
};

export type SignTrouble =
  /** The server takes none of the key's signature algorithms. */
  | 'no-common-algorithm'
  /** The agent would not sign: it is locked, the key is gone from it, or a person has said no. */
  | 'agent-refused'
  /** The agent has ended or its socket is gone. */
  | 'agent-gone'
  /** The agent did not answer in time. */
  | 'agent-silent'
  /** What came is no signature of this key. */
  | 'bad-signature'
  /** Nobody has given the passphrase. */
  | 'locked';

export class SigningFailed extends Error {
  override readonly name = 'SigningFailed';
  readonly why: SignTrouble;

  constructor(why: SignTrouble, options?: ErrorOptions) {
    super(why, options);
    this.why = why;
  }
}
