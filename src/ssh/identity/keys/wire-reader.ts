/** Reads SSH's data types (RFC 4251 section 5) one after the other. Each read throws `WireError` where the bytes do not hold one. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** How many bytes were read. */
  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    return this.raw(1).readUInt8();
  }

  uint32(): number {
    return this.raw(4).readUInt32BE();
  }

  uint64(): bigint {
    return this.raw(8).readBigUInt64BE();
  }

  /** A `string`; the bytes are not copied. */
  string(): Buffer {
    return this.raw(this.uint32());
  }

  /** A `string` that is text. A zero byte in it is refused, as C would see another text (sshbuf_get_cstring). */
  text(): string {
    const text = this.string();
    if (text.includes(0)) throw new WireError('zero byte in text');
    return text.toString('utf8');
  }

  /** Everything up to the end, as `read` takes it. */
  all<T>(read: (reader: WireReader) => T): T[] {
    const found: T[] = [];
    while (!this.isAtEnd) found.push(read(this));
    return found;
  }

  raw(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new WireError('too short');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}

class WireError extends Error {
  override readonly name = 'WireError';
}

/** Null where the bytes are not what `read` reads, or there are more of them. */
export function readWhole<T>(bytes: Buffer, read: (reader: WireReader) => T): T | null {
  const reader = new WireReader(bytes);
  try {
    const value = read(reader);
    return reader.isAtEnd ? value : null;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** A `string` (RFC 4251 section 5). */
export function wireString(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
