import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_SOCKS_REQUEST, socksStep, type SocksStep } from '../../../src/ssh/forwards/socks.ts';
import { refusal, refusalOf } from '../../../src/ssh/forwards/socks-reply.ts';
import { problem } from '../../../src/model/problem.ts';

const text = (value: string): number[] => [...Buffer.from(value)];
const hello = [5, 1, 0];

/** Runs a whole conversation over bytes that come in the given pieces. */
function converse(pieces: readonly Uint8Array[]): { last: SocksStep; replies: number[] } {
  let stage: 'hello' | 'request' = 'hello';
  let heard: Uint8Array = new Uint8Array();
  const replies: number[] = [];
  let last: SocksStep = { kind: 'more' };
  for (const [i, piece] of pieces.entries()) {
    heard = Buffer.concat([heard, piece]);
    for (last = socksStep(stage, heard); last.kind === 'method'; last = socksStep(stage, heard)) {
      replies.push(...last.reply);
      stage = 'request';
      heard = last.rest;
    }
    if (last.kind === 'more') continue;
    if (last.kind === 'asked') last = { ...last, rest: Buffer.concat([last.rest, ...pieces.slice(i + 1)]) };
    break;
  }
  return { last, replies };
}

const all = (...bytes: number[]): SocksStep => converse([Uint8Array.from(bytes)]).last;

describe('a SOCKS request', () => {
  test.each([
    ['4 with an address', [4, 1, 0, 80, 10, 1, 2, 3, ...text('me'), 0], '10.1.2.3', 80],
    ['4a with a name', [4, 1, 1, 187, 0, 0, 0, 1, 0, ...text('db.internal'), 0], 'db.internal', 443],
    ['5 with IPv4', [...hello, 5, 1, 0, 1, 127, 0, 0, 1, 0, 22], '127.0.0.1', 22],
    ['5 with IPv6', [...hello, 5, 1, 0, 4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 22], '2001:db8::1', 22],
    ['5 with a name', [5, 2, 2, 0, 5, 1, 0, 3, 4, ...text('host'), 255, 255], 'host', 65535],
  ])('of version %s is understood', (_, bytes, host, port) => {
    expect(all(...bytes)).toMatchObject({ kind: 'asked', to: { host, port } });
  });

  test('keeps what the client sent after it', () => {
    const step = all(...hello, 5, 1, 0, 1, 1, 2, 3, 4, 0, 1, ...text('GET /'));
    expect(step.kind === 'asked' && Buffer.from(step.rest).toString()).toBe('GET /');
  });

  test.each([
    ['HTTP', text('GET / HTTP/1.1'), 'not-socks', []],
    ['a login that is needed', [5, 1, 2], 'no-method', [5, 0xff]],
    ['UDP', [...hello, 5, 3, 0], 'command', [...refusal(5, 'command')]],
    ['BIND in version 4', [4, 2], 'command', [...refusal(4, 'command')]],
    ['an address type that does not exist', [...hello, 5, 1, 0, 9], 'address', [...refusal(5, 'address-type')]],
    ['port 0', [...hello, 5, 1, 0, 1, 1, 2, 3, 4, 0, 0], 'address', [...refusal(5, 'general')]],
    ['an empty name', [...hello, 5, 1, 0, 3, 0, 0, 80], 'address', [...refusal(5, 'general')]],
    ['a name with a line break', [4, 1, 0, 80, 0, 0, 0, 9, 0, ...text('a\nb'), 0], 'address', [...refusal(4, 'general')]],
    ['a user without end', [4, 1, 0, 80, 1, 1, 1, 1, ...Array<number>(256).fill(65)], 'too-long', [...refusal(4, 'general')]],
  ])('for %s is refused with the reply of its version', (_, bytes, why, reply) => {
    const step = all(...bytes);
    expect(step).toMatchObject({ kind: 'refuse', why });
    expect(step.kind === 'refuse' && [...step.reply]).toEqual(reply);
  });

  const request = fc.oneof(
    fc.tuple(fc.constantFrom([4, 1]), fc.uint8Array({ minLength: 6, maxLength: 600 })).map(([head, body]) => [...head, ...body]),
    fc.uint8Array({ maxLength: 600 }).map((body) => [...hello, 5, 1, 0, ...body]),
    fc.domain().map((name) => [...hello, 5, 1, 0, 3, name.length, ...text(name), 1, 1, 9, 9, 9]),
    fc.uint8Array({ maxLength: 700 }).map((body) => [...body]),
  );

  test('means the same however its bytes are split', () => {
    fc.assert(
      fc.property(request, fc.array(fc.nat(700), { maxLength: 12 }), (bytes, cuts) => {
        const whole = Uint8Array.from(bytes);
        const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
        const plain = (seen: ReturnType<typeof converse>): unknown =>
          JSON.parse(JSON.stringify(seen, (_, v: unknown) => (v instanceof Uint8Array ? [...v] : v)));
        const pieces = at.slice(1).map((end, i) => whole.subarray(at[i], end));
        expect(plain(converse(pieces))).toEqual(plain(converse([...whole].map((byte) => Uint8Array.of(byte)))));
        expect(plain(converse(pieces))).toEqual(plain(converse([whole])));
      }),
    );
  });

  test('never throws, and never asks for more than its bound', () => {
    fc.assert(
      fc.property(fc.constantFrom('hello' as const, 'request' as const), fc.uint8Array({ maxLength: 1200 }), (stage, bytes) => {
        const step = socksStep(stage, bytes);
        if (bytes.length > MAX_SOCKS_REQUEST) expect(step.kind).not.toBe('more');
      }),
    );
  });
});

test('the reply says why the target could not be had', () => {
  const about = { to: 't', from: 'h' };
  expect(refusalOf(problem('target-refused', about))).toBe('refused');
  expect(refusalOf(problem('target-not-allowed', about))).toBe('not-allowed');
  expect(refusalOf(problem('target-failed', { ...about, code: 'EHOSTUNREACH' }))).toBe('host-unreachable');
  expect(refusalOf(problem('hold-expired', { listen: 'x' }))).toBe('net-unreachable');
  expect([refusal(5, 'refused')[1], refusal(5, 'not-allowed')[1], refusal(5, 'host-unreachable')[1], refusal(4, 'refused')[1]]).toEqual([
    5, 2, 4, 0x5b,
  ]);
});
