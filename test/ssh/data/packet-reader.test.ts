import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Inside } from '../../../src/ssh/data/inside.ts';
import { PacketReader } from '../../../src/ssh/data/packet-reader.ts';
import { CIPHER_KINDS, type Kind, pairOf, sealedBySsh2 } from './ciphers.ts';

/** How a part of the stream comes: read into the reader's place, or in slices that lie elsewhere. */
type Part = { readonly bytes: number; readonly slices: number };

const parts = fc.array(
  fc.record({ bytes: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 90_000 })), slices: fc.nat(3) }),
  {
    minLength: 1,
    maxLength: 30,
  },
);
const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 32_800 }));
const payloads = fc.array(fc.tuple(size, fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 12 });
const made = (sizes: readonly (readonly [number, number])[]): Buffer[] =>
  sizes.map(([length, first], at) => {
    const payload = Buffer.alloc(length, `${at} `);
    payload[0] = first;
    return payload;
  });

/** A reader as the data path has one; what is ours stays where it lies, and what is not goes to ssh2's own handler. */
function reading(kind: Kind) {
  const got: Buffer[] = [];
  let isHeld = false;
  const pair = pairOf(kind, (payload) => void got.push(payload));
  const { decipher } = pair;
  const protocol = { _decipher: decipher, _destruct: () => {} } as unknown as Inside;
  const reader: PacketReader = new PacketReader({
    protocol,
    parse: (chunk) => {
      for (let at = 0; at < chunk.length; ) at = (decipher.decrypt(chunk, at, chunk.length) as number | undefined) ?? chunk.length;
    },
    onPayload: (bytes, start, end) => {
      if ((bytes[start] as number) % 3 === 0) return false;
      got.push(bytes.subarray(start, end));
      return (isHeld = true);
    },
    onRead: () => {
      if (isHeld) reader.renew();
      isHeld = false;
    },
  });
  return { pair, reader, got };
}

/** Brings all of the stream; the parts are gone through again until it is over. */
function bring(reader: PacketReader, stream: Buffer, pattern: readonly Part[]): void {
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const { bytes, slices } = pattern[turn % pattern.length] as Part;
    const { space } = reader;
    const count = Math.min(bytes, stream.length - at, slices === 0 ? space.length : bytes);
    const part = stream.subarray(at, at + count);
    if (slices === 0) reader.read(part.copy(space));
    else reader.take(cut(part, slices));
    at += count;
  }
}

function cut(part: Buffer, slices: number): Buffer[] {
  const length = Math.ceil(part.length / slices);
  return Array.from({ length: slices }, (_, at) => part.subarray(at * length, (at + 1) * length));
}

const MOST_HELD = 256 * 1024;

describe.each(CIPHER_KINDS)('packets of $cipher $mac', (kind) => {
  test('are delivered as they were sent, however the stream is cut, and stay as they are while they are needed', () => {
    fc.assert(
      fc.property(payloads, parts, (sizes, pattern) => {
        const sent = made(sizes);
        const { pair, reader, got } = reading(kind);
        bring(reader, sealedBySsh2(pair, sent), pattern);
        expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
        expect(got.map(({ length }) => length)).toEqual(sent.map(({ length }) => length));
        expect(reader.isNative).toBe(kind.isOurs);
        expect(reader.space.buffer.byteLength).toBeLessThanOrEqual(MOST_HELD);
      }),
      { numRuns: 60 },
    );
  });

  test('that were changed on their way end in an error or in nothing, after true ones alone', () => {
    fc.assert(
      fc.property(payloads, parts, fc.nat(), fc.integer({ min: 1, max: 255 }), (sizes, pattern, place, change) => {
        const sent = made(sizes);
        const { pair, reader, got } = reading(kind);
        const stream = sealedBySsh2(pair, sent);
        const at = place % stream.length;
        stream[at] = (stream[at] as number) ^ change;
        try {
          bring(reader, stream, pattern);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
        expect(got.length).toBeLessThan(sent.length);
        got.forEach((payload, index) => expect(payload.equals(sent[index] as Buffer)).toBe(true));
        expect(reader.space.buffer.byteLength).toBeLessThanOrEqual(MOST_HELD);
      }),
      { numRuns: 100 },
    );
  });

  test('that are noise end in an error, or wait for more within bounds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 4_000 }), parts, (noise, pattern) => {
        const { reader, got } = reading(kind);
        try {
          bring(reader, Buffer.concat([Buffer.from(noise), Buffer.alloc(150_000, 1)]), pattern);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
        expect(got).toEqual([]);
        expect(reader.space.buffer.byteLength).toBeLessThanOrEqual(MOST_HELD);
      }),
      { numRuns: 60 },
    );
  });
});
