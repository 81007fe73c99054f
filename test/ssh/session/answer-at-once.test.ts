import { EventEmitter } from 'node:events';
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
  const protocol = { ping: () => {}, _handlers: {}, _packetRW: { write }, _cipher: cipher, _destruct: (() => {}) as unknown };
  const client = { _callbacks: [], _chanMgr: { get: () => {} }, _protocol: protocol } as unknown as Client;
  const arrivals = new EventEmitter();
  const traffic = {
    onReceived: (call: (bytes: number) => void) => {
      arrivals.on('bytes', call);
      return () => void arrivals.off('bytes', call);
    },
  };
  const arrive = (): void => void arrivals.emit('bytes', 4);
  const die = (): void => void (protocol._destruct = undefined);
  return { client, traffic, arrivals, arrive, die, sent, speak: () => cipher.encrypt(Buffer.from('something')) };
}

describe('a server that is answered at once', () => {
  test('hears a message that says nothing where there is nothing to say', async () => {
    const { client, traffic, arrive, sent } = connected();
    answerAtOnce(client, traffic);
    arrive();
    await turn();
    await turn();
    // SSH_MSG_IGNORE (RFC 4253 section 11.2) with an empty string.
    expect(sent.map((message) => message.toString('hex'))).toEqual(['0200000000']);
  });

  test('hears nothing more where something is said anyway', async () => {
    const { client, traffic, arrive, arrivals, sent, speak } = connected();
    answerAtOnce(client, traffic);
    arrivals.once('bytes', speak);
    arrive();
    await turn();
    await turn();
    expect(sent.map(String)).toEqual(['something']);
  });

  test('hears nothing after its end, or that of the connection', async () => {
    const { client, traffic, arrive, arrivals, die, sent } = connected();
    const end = answerAtOnce(client, traffic);
    arrivals.once('bytes', end);
    arrive();
    await turn();
    await turn();
    arrive();
    await turn();
    answerAtOnce(client, traffic);
    arrivals.once('bytes', die);
    arrive();
    await turn();
    await turn();
    expect(sent).toEqual([]);
  });
});
