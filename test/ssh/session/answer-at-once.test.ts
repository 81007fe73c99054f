import { PassThrough } from 'node:stream';
import type { Client } from 'ssh2';
import { describe, expect, test } from 'vitest';
import { answerAtOnce } from '../../../src/ssh/session/internals.ts';

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A client in the middle of a session, and the messages that it sends. */
function connected() {
  const sent: Buffer[] = [];
  const cipher = {
    outSeqno: 7,
    encrypt: (message: Buffer) => {
      cipher.outSeqno += 1;
      sent.push(Buffer.from(message));
    },
  };
  const write = { allocStart: 0, alloc: (size: number) => Buffer.alloc(size), finalize: (packet: Buffer) => packet };
  const protocol = { ping: () => {}, _handlers: {}, _packetRW: { write }, _cipher: cipher };
  const client = { _callbacks: [], _chanMgr: { get: () => {} }, _protocol: protocol } as unknown as Client;
  const stream = new PassThrough();
  return { client, stream, sent, speak: () => cipher.encrypt(Buffer.from('something')) };
}

describe('a server that is answered at once', () => {
  test('hears a message that says nothing where there is nothing to say', async () => {
    const { client, stream, sent } = connected();
    answerAtOnce(client, stream);
    stream.write('data');
    await turn();
    await turn();
    // SSH_MSG_IGNORE (RFC 4253 section 11.2) with an empty string.
    expect(sent.map((message) => message.toString('hex'))).toEqual(['0200000000']);
  });

  test('hears nothing more where something is said anyway', async () => {
    const { client, stream, sent, speak } = connected();
    answerAtOnce(client, stream);
    stream.once('data', speak);
    stream.write('data');
    await turn();
    await turn();
    expect(sent.map(String)).toEqual(['something']);
  });

  test('hears nothing after its end, or that of the connection', async () => {
    const { client, stream, sent } = connected();
    const end = answerAtOnce(client, stream);
    stream.once('data', end);
    stream.write('data');
    await turn();
    await turn();
    stream.write('more');
    await turn();
    answerAtOnce(client, stream);
    stream.once('data', () => stream.destroy());
    stream.write('last');
    await turn();
    await turn();
    expect(sent).toEqual([]);
  });
});
