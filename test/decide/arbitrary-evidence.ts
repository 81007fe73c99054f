import * as fc from 'fast-check';
import type { Evidence } from '../../src/model/binding.ts';
import { BOOT, ME, SOCKET, TCP } from './evidence.ts';

const usually = <T>(value: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(value), weight: 12 }, { arbitrary: other, weight: 1 });
const one = <const T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const anyNumber = fc.oneof(fc.integer(), fc.double(), one(0, 1, -1, 2345, 9_000));
const uid = usually<number>(ME, fc.oneof(one(0, 1002), anyNumber));
const pid = usually<number>(2345, anyNumber);
const port = one('bound', 'refused', 'not-tried');

const socketRow = fc.record({
  host: one('127.0.0.1', '0.0.0.0', '::1', '::', '10.99.2.2', 'x'),
  state: usually('LISTEN', one('TIME_WAIT', 'ESTABLISHED')),
  uid,
  inode: usually<number>(7, anyNumber),
});

const recorded = fc.record({
  uid,
  bootId: usually(BOOT, fc.string()),
  pid,
  comm: usually('sshd', one('sshd-session', '?', 'dropbear', 'bash')),
  startTicks: usually<number | null>(9_000, fc.oneof(fc.constant(null), anyNumber)),
  source: one('record', 'marker', 'scope'),
  declaredDead: fc.boolean(),
  usedByLiveLink: usually(false, fc.boolean()),
});

/** Everything that the types allow, and every number that a server may lie with; most of it plausible, or no proof would ever come of it. */
export const anyEvidence: fc.Arbitrary<Evidence> = fc.record({
  listen: one<Evidence['listen']>(TCP, { host: '', port: 80 }, { host: 'localhost', port: 18080 }, SOCKET),
  said: usually<Evidence['said']>([], one(['forwarding-disabled'], ['listen-not-permitted'], ['address-overridden'])),
  keyOptions: one(null, [], ['port-forwarding'], ['command', 'permitlisten']),
  server: usually('openssh', one('dropbear', 'other')),
  heardBy: usually<string | null>(null, one('db')),
  uid: fc.option(uid, { freq: 20 }),
  rows: fc.option(fc.array(socketRow, { maxLength: 3 }), { freq: 20 }),
  ownProcess: usually<Evidence['ownProcess']>(null, fc.record({ pid, command: fc.string() })),
  userName: fc.option(fc.string()),
  probe: one('not-tried', 'nothing-listens', 'prohibited', 'silent', 'ended', 'talks', 'no-answer'),
  recorded: fc.option(recorded, { freq: 20 }),
  heldBefore: one<Evidence['heldBefore']>(null, { diedAt: 1_000 }),
  process: usually('same', one('gone', 'reused', 'rebooted', 'hidden', 'unknown')),
  connection: one('answers', 'silent', 'gone', 'unknown'),
  peer: one(null, { host: '192.0.2.7', port: 5022 }),
  scope: usually<Evidence['scope']>(null, fc.record({ id: fc.string(), leader: pid, startTicks: anyNumber })),
  ownPid: fc.option(usually<number>(99, pid)),
  nowTicks: fc.option(usually<number>(50_000, anyNumber)),
  takeOver: fc.boolean(),
  portZero: usually<Evidence['portZero']>({ same: 'not-tried', localhost: 'not-tried' }, fc.record({ same: port, localhost: port })),
  file: fc.option(fc.record({ kind: usually('socket', one('other', 'missing', 'no-directory')), uid: fc.option(uid, { freq: 20 }) }), {
    freq: 5,
  }),
});
