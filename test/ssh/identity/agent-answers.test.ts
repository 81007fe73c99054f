import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import { type Agent, agentSigner, listAgentKeys } from '../../../src/ssh/identity/keys/agent.ts';
import { loadCredentials } from '../../../src/ssh/identity/logins/credentials.ts';
import { SigningFailed } from '../../../src/ssh/identity/keys/login-key.ts';
import { wireString } from '../../../src/ssh/identity/keys/wire-reader.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop } from './hop.ts';
import { certify } from './real-login.ts';

const dir = tempDir();
const path = join(dir, 'agent.sock');
let server: Server;
let answers: (socket: Socket) => void;
/** What it says to the extension that comes before a signature. */
let bound: (socket: Socket) => void = (socket) => socket.write(REFUSED);
const REFUSED = Buffer.from([0, 0, 0, 1, 5]);
const open = new Set<Socket>();
let key: Key;
let certificate: Buffer;
beforeAll(async () => {
  key = await makeKey(dir, { name: 'k' });
  certificate = blobOf(readFileSync(await certify(key.path, key.path), 'utf8'));
  server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).once('close', () => open.delete(socket));
    socket.on('data', (request: Buffer) => (request[4] === 27 ? bound(socket) : answers(socket)));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
});
afterAll(() => void server.close());

const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');
const session = { id: Buffer.from('id'), hostKey: Buffer.from('key'), signature: Buffer.from('signature') };
const agent: Agent = { socket: path, deadlines: { listMs: 2_000, signMs: 2_000 }, clock: systemClock };
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
const sign = (algorithm = 'ssh-ed25519', signal = new AbortController().signal): Promise<Buffer> =>
  agentSigner(agent, { blob: blobOf(key.publicLine), showTurn: () => () => {} })(Buffer.from('data'), { algorithm, signal, session });
const problemOf = async (signing: Promise<unknown>): Promise<string> =>
  await signing.then(
    () => 'signed',
    (error: unknown) => (error instanceof SigningFailed ? error.why : String(error)),
  );

/** Bytes that look like an agent's answer, more or less: with the right frame, a right beginning, or none of it. */
const bytes = fc.uint8Array({ maxLength: 300 }).map((all) => Buffer.from(all));
const entry = fc.tuple(fc.oneof(bytes, fc.constant(null), fc.constant(undefined)), bytes).map(([blob, comment]) =>
  // Null: a real key; undefined: a real certificate, each with whatever comment.
  Buffer.concat([wireString(blob === null ? blobOf(key.publicLine) : (blob ?? certificate)), wireString(comment)]),
);
const listing = fc
  .tuple(fc.oneof(fc.integer({ min: 0, max: 4 }), fc.nat(0xffff_ffff)), fc.array(entry, { maxLength: 4 }), bytes)
  .map(([count, entries, rest]) => Buffer.concat([Buffer.from([12]), uint32(count), ...entries, rest.subarray(0, rest.length % 3)]));
const signature = fc
  .tuple(fc.constantFrom('ssh-ed25519', 'rsa-sha2-512', 'sk-ssh-ed25519@openssh.com', ''), bytes, bytes)
  .map(([name, value, rest]) => Buffer.concat([Buffer.from([14]), wireString(Buffer.concat([wireString(name), wireString(value), rest]))]));
const framed = fc.oneof(listing, signature, bytes).map((message) => Buffer.concat([uint32(message.length), message]));
const answer = fc.oneof(
  framed,
  bytes,
  framed.map((whole) => whole.subarray(0, whole.length - 1)),
);

describe('whatever an agent answers', () => {
  test('its list is keys or a reason, and a login’s keys are read all the same', async () => {
    await fc.assert(
      fc.asyncProperty(answer, fc.boolean(), async (bytes, drips) => {
        answers = (socket) => say(socket, bytes, drips ? 'drips' : 'at once');
        const found = await listAgentKeys(agent);
        if (typeof found === 'string') expect(found).toBe('garbled');
        else for (const one of found) expect(one.comment).not.toMatch(/\p{C}/u);
        const { methods } = await loadCredentials(aHop({ agent: path, identities: [{ path: key.path, required: false }] }));
        expect(methods.length).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
    expect(open.size).toBeLessThan(5);
  });

  test('its signature is one of what was asked for, or the key’s try is over', async () => {
    await fc.assert(
      fc.asyncProperty(answer, fc.boolean(), async (bytes, drips) => {
        answers = (socket) => say(socket, bytes, drips ? 'drips' : 'at once');
        const made = await sign().catch((error: unknown) => error);
        if (Buffer.isBuffer(made)) expect(made.subarray(0, 15)).toEqual(wireString('ssh-ed25519'));
        else expect(made).toBeInstanceOf(SigningFailed);
      }),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(answer, async (bytes) => {
        bound = (socket) => say(socket, bytes, 'at once');
        expect(await problemOf(sign())).toMatch(/^(agent-refused|bad-signature)$/);
      }),
      { numRuns: 50 },
    );
    bound = (socket) => socket.write(REFUSED);
  });

  test('more than it may say is not kept: a length beyond OpenSSH’s, or bytes without end', async () => {
    answers = (socket) => socket.write(uint32(256 * 1024 + 1));
    expect(await listAgentKeys(agent)).toBe('garbled');
    let sent = 0;
    answers = (socket) => {
      const flood = (): void => {
        while (!socket.destroyed && socket.write(Buffer.concat([uint32(256 * 1024), Buffer.alloc(65_536)]))) sent += 65_540;
        socket.once('drain', flood);
      };
      flood();
    };
    expect(await listAgentKeys(agent)).toBe('garbled');
    expect(sent).toBeLessThan(20_000_000);
  });
});

describe('an agent that waits', () => {
  test('is given up at the deadline, or when the connection is gone', async () => {
    answers = () => {};
    const clock = fakeClock();
    const silent = listAgentKeys({ ...agent, clock });
    await clock.advance(2_000);
    expect(await silent).toBe('silent');
    const gone = new AbortController();
    answers = () => gone.abort(new Error('gone'));
    expect(await problemOf(sign('ssh-ed25519', gone.signal))).toBe('Error: gone');
  });

  test('shows at once that a security key waits for its touch, and of others only those that take long', async () => {
    const clock = fakeClock();
    const shown: string[] = [];
    const showTurn = () => {
      shown.push('shown');
      return () => void shown.push('hidden');
    };
    const held = { blob: blobOf(key.publicLine), showTurn };
    const signer = agentSigner({ ...agent, clock }, held);
    const signal = new AbortController().signal;
    answers = (socket) => socket.end(REFUSED);
    expect(await problemOf(signer(Buffer.alloc(1), { algorithm: 'ssh-ed25519', signal, session }))).toBe('agent-refused');
    expect(shown).toEqual([]);
    const seen: number[] = [];
    answers = (socket) => {
      void clock.advance(1_000).then(() => seen.push(shown.length) && socket.end(REFUSED));
    };
    expect(await problemOf(signer(Buffer.alloc(1), { algorithm: 'ssh-ed25519', signal, session }))).toBe('agent-refused');
    expect([seen, shown]).toEqual([[1], ['shown', 'hidden']]);
    answers = (socket) => seen.push(shown.length) && socket.end(REFUSED);
    expect(await problemOf(signer(Buffer.alloc(1), { algorithm: 'sk-ssh-ed25519@openssh.com', signal, session }))).toBe('agent-refused');
    expect(seen).toEqual([1, 3]);
    expect(shown).toHaveLength(4);
  });
});

function say(socket: Socket, all: Buffer, how: 'at once' | 'drips'): void {
  if (how === 'drips') for (const byte of all.subarray(0, 50)) socket.write(Buffer.from([byte]));
  socket.end(how === 'drips' ? all.subarray(50) : all);
}
