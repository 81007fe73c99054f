import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Profile } from '../../../src/model/profile.ts';
import { readProfile } from '../../../src/model/read-profile.ts';
import { isInTheWay, localFacts } from '../../../src/supervisor/doctor/collect/local.ts';
import { forward, tunnel } from '../../cli/fake-given.ts';
import { machine, tcpRow } from './facts.ts';

function profileOn(port: number): Profile {
  const read = readProfile('db', { hops: ['a'], forwards: [{ name: 'web', local: port, to: 'h:80' }] });
  if (!read.ok) throw new Error('not a profile');
  return read.value;
}

async function factsFor(port: number, tunnels: ReturnType<typeof tunnel>[] = []) {
  const profile = profileOn(port);
  return await localFacts(profile.forwards[0], { profile, tunnels, machine: machine() });
}

describe('what the doctor sees of a local port', () => {
  test('is the process that listens there, and nobody once it is gone', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await factsFor(port)).toMatchObject({ isHeld: true, holder: { pid: process.pid }, listener: null });
    server.close();
    await once(server, 'close');
    expect(await factsFor(port)).toMatchObject({ isHeld: false, holder: null });
  });

  test('is the tunnel that listens there, the examined one first', async () => {
    const listening = { listen: { host: '127.0.0.1', port: 8080 } };
    const other = tunnel({ name: 'a', forwards: [forward(listening)] });
    expect((await factsFor(8080, [other])).listener).toBe('a');
    expect((await factsFor(8080, [other, tunnel({ name: 'db', forwards: [forward(listening)] })])).listener).toBe('db');
    expect((await factsFor(8080, [tunnel({ forwards: [forward({ ...listening, state: 'down' })] })])).listener).toBeNull();
    expect((await factsFor(8080, [tunnel({ forwards: [forward({ ...listening, on: 'bastion' })] })])).listener).toBeNull();
  });

  test.each([
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.2', '127.0.0.1', false],
    ['::1', '127.0.0.1', false],
    ['0.0.0.0', '127.0.0.1', true],
    ['0.0.0.0', '::1', false],
    ['::', '127.0.0.1', true],
    ['10.0.0.1', '*', true],
    ['::1', 'localhost', true],
    ['::ffff:127.0.0.1', '127.0.0.1', true],
  ])('a listener on %s keeps nobody from %s unless it must: %s', (held, wanted, inTheWay) => {
    const row = { ...tcpRow('LISTEN'), local: { host: held, port: 8080 } };
    expect(isInTheWay(row, { host: wanted, port: 8080 })).toBe(inTheWay);
  });
});
