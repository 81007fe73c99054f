import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Client } from 'ssh2';
import { describe, expect, test } from 'vitest';
import { LiveLink } from '../../../src/ssh/session/live-link.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const at = { host: '127.0.0.1', port: 18080 };

/** A logged-in client whose server answers requests for a binding as told. */
function linkTo(answer: (client: EventEmitter, done: (error: Error | undefined, port: number) => void) => void): LiveLink {
  const client = Object.assign(new EventEmitter(), {
    _callbacks: [],
    _chanMgr: { get: () => {} },
    _protocol: { ping: () => {}, _handlers: {} },
    forwardIn: (_host: string, _port: number, done: (error: Error | undefined, port: number) => void) => answer(client, done),
  });
  return new LiveLink({
    hop: { name: 'hop', host: 'hop.example', port: 22, user: 'ann' } as ResolvedHop,
    session: {
      client: client as unknown as Client,
      said: { all: [], since: () => [], mark: () => 0 },
      hostKey: 'SHA256:key',
      hostCertificate: null,
      cipher: 'aes128-gcm@openssh.com',
    },
    carrier: { kind: 'channel', stream: new PassThrough() },
    keepalive: { intervalMs: 15_000, countMax: 3 },
    clock: fakeClock(),
    onSuspect: () => {},
  });
}

const arrives = (client: EventEmitter, rejected: () => void): void => {
  client.emit('tcp connection', { destIP: at.host, destPort: at.port, srcIP: '192.0.2.1', srcPort: 40_000 }, () => {}, rejected);
};

describe('a binding on a hop', () => {
  test('takes a connection that arrives in the same breath as the yes', async () => {
    const seen: string[] = [];
    const link = linkTo((client, done) => {
      done(undefined, at.port);
      arrives(client, () => seen.push('rejected'));
    });
    await link.listen(at, () => seen.push('taken'));
    expect(seen).toEqual(['taken']);
  });

  test('that is refused takes nothing, and leaves the one that is there alone', async () => {
    const seen: string[] = [];
    const answers = [false, true];
    let server: EventEmitter | null = null;
    const link = linkTo((client, done) => {
      server = client;
      done(answers.shift() ? new Error('refused') : undefined, at.port);
    });
    await link.listen(at, () => seen.push('first'));
    await link.listen(at, () => seen.push('second')).catch(() => seen.push('refused'));
    if (server !== null) arrives(server, () => seen.push('rejected'));
    expect(seen).toEqual(['refused', 'first']);
  });
});
