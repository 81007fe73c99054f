/** A key encapsulation mechanism as its receiver needs it: it makes keys, and opens what the other side has sealed. */
export type Kem = {
  readonly publicKeyBytes: number;
  readonly cipherTextBytes: number;
  /** New keys, for one exchange only. */
  makeKeys(): KemKeys;
};

export type KemKeys = {
  readonly publicKey: Uint8Array;
  /** The shared secret. A wrong ciphertext of the right length gives a secret that nobody knows, and no error. */
  decapsulate(cipherText: Uint8Array): Uint8Array;
};
