import type { BindingVerdict, Evidence } from '../../src/model/binding.ts';
import { evidence, ME, mine, probablyStale, proof, row, same, session, SOCKET, staleProven } from './evidence.ts';

type Word = BindingVerdict['is'];
/** `n`: the row of the decision table. `is`: at least this of the verdict. `not`: what it must never be. */
export type TableRow = {
  readonly n: string;
  readonly when: string;
  readonly given: Evidence;
  readonly is: object;
  readonly not: readonly Word[];
};

const disabled = { said: ['forwarding-disabled'] } as const;
const unlisted = { said: ['listen-not-permitted'] } as const;
const file = { kind: 'socket', uid: ME } as const;
const socket = (more: Partial<Evidence>): Evidence => evidence({ listen: SOCKET, uid: ME, file, ...more });

/** One or more for every row that is about a refused binding, but for those about a session of our own. */
export const HOLDERS: readonly TableRow[] = [
  {
    n: '2',
    when: 'sshd says that forwarding is disabled',
    given: evidence(disabled),
    is: { is: 'not-allowed', why: 'server-forbids', said: 'forwarding-disabled' },
    not: ['free', 'cannot-tell'],
  },
  {
    n: '2',
    when: '... and the key lacks port-forwarding',
    given: evidence({ ...disabled, keyOptions: ['pty'] }),
    is: { is: 'not-allowed', why: 'key-forbids' },
    not: ['free'],
  },
  {
    n: '2',
    when: '... and the key has port-forwarding',
    given: evidence({ ...disabled, keyOptions: ['pty', 'port-forwarding'] }),
    is: { is: 'not-allowed', why: 'server-forbids' },
    not: ['free'],
  },
  {
    n: '3',
    when: 'sshd refuses and its PermitListen lacks the port',
    given: mine({ ...unlisted, ...same }),
    is: { is: 'not-allowed', why: 'server-list' },
    not: ['ours-stale', 'free'],
  },
  {
    n: '3',
    when: '... the permitlisten of the key does',
    given: evidence({ ...unlisted, keyOptions: ['permitlisten', 'port-forwarding'] }),
    is: { is: 'not-allowed', why: 'key-list' },
    not: ['free'],
  },
  {
    n: '4',
    when: 'nobody listens on a port below 1024',
    given: evidence({ listen: { host: '127.0.0.1', port: 80 }, uid: ME, rows: [] }),
    is: { is: 'not-allowed', why: 'privileged-port' },
    not: ['free', 'someone-else'],
  },
  {
    n: '4',
    when: '... told by the probe alone',
    given: evidence({ listen: { host: '127.0.0.1', port: 80 }, probe: 'nothing-listens' }),
    is: { is: 'not-allowed', why: 'privileged-port' },
    not: ['free'],
  },
  {
    n: '4',
    when: '... but we are root',
    given: evidence({ listen: { host: '127.0.0.1', port: 80 }, uid: 0, rows: [] }),
    is: { is: 'free', why: 'freed' },
    not: ['not-allowed'],
  },
  {
    n: '4',
    when: 'somebody listens on a port below 1024',
    given: evidence({ listen: { host: '127.0.0.1', port: 80 }, uid: ME, rows: [row(0)] }),
    is: { is: 'someone-else', holder: { kind: 'root' } },
    not: ['not-allowed'],
  },
  {
    n: '5',
    when: 'port 0 is refused at the address and bound at localhost',
    given: mine({ listen: { host: '10.9.9.9', port: 18080 }, portZero: { same: 'refused', localhost: 'bound' } }),
    is: { is: 'not-allowed', why: 'bad-address' },
    not: ['ours-stale', 'free'],
  },
  {
    n: '6',
    when: 'dropbear refuses port 0 at localhost',
    given: evidence({ server: 'dropbear', portZero: { same: 'refused', localhost: 'refused' } }),
    is: { is: 'not-allowed', why: 'server-forbids', said: null },
    not: ['free'],
  },
  {
    n: '6',
    when: 'OpenSSH does, as under PermitListen',
    given: evidence({ portZero: { same: 'refused', localhost: 'refused' } }),
    is: { is: 'cannot-tell' },
    not: ['not-allowed'],
  },
  {
    n: '7',
    when: 'one of our own links hears the probe',
    given: mine({ ...same, connection: 'gone', heardBy: 'db-prod' }),
    is: { is: 'ours-live', where: 'here', tunnel: 'db-prod' },
    not: ['ours-stale'],
  },
  {
    n: '8',
    when: 'nobody listens any more',
    given: evidence({ uid: ME, rows: [], probe: 'nothing-listens' }),
    is: { is: 'free', why: 'freed' },
    not: ['someone-else', 'not-allowed'],
  },
  {
    n: '8',
    when: 'an outgoing connection uses the port',
    given: evidence({ uid: ME, rows: [row(0, { state: 'TIME_WAIT', inode: 0 })] }),
    is: { is: 'free', why: 'source-port' },
    not: ['someone-else'],
  },
  {
    n: '12',
    when: 'a program of our own user holds it',
    given: mine({ ...same, connection: 'gone', ownProcess: { pid: 77, command: 'node' } }),
    is: { is: 'someone-else', holder: { kind: 'own-process', uid: ME, name: 'node', pid: 77 } },
    not: ['ours-stale'],
  },
  {
    n: '13',
    when: 'another user listens',
    given: mine({ ...same, connection: 'gone', rows: [row(1002)], userName: 'bob' }),
    is: { is: 'someone-else', holder: { kind: 'user', uid: 1002, name: 'bob', pid: null } },
    not: ['ours-stale'],
  },
  {
    n: '13',
    when: '... beside our own session',
    given: mine({ ...same, listen: { host: 'localhost', port: 18080 }, rows: [row(ME), row(1002, { host: '::1' })] }),
    is: { is: 'someone-else' },
    not: ['ours-stale'],
  },
  {
    n: '13',
    when: '... at an address that is not in the way',
    given: mine({ ...same, rows: [row(1002, { host: '10.99.2.2' }), row(ME)] }),
    is: staleProven,
    not: ['someone-else'],
  },
  {
    n: '14',
    when: 'root listens, beside OpenSSH',
    given: mine({ ...same, connection: 'gone', rows: [row(0)] }),
    is: { is: 'someone-else', holder: { kind: 'root', uid: 0 } },
    not: ['ours-stale'],
  },
  {
    n: '15',
    when: 'root listens, and it is dropbear, and our record is dead',
    given: mine({ ...same, recorded: session({ comm: 'dropbear' }), server: 'dropbear', rows: [row(0)] }),
    is: probablyStale,
    not: ['someone-else'],
  },
  {
    n: '15',
    when: '... and there is no record',
    given: mine({ server: 'dropbear', rows: [row(0)] }),
    is: { is: 'cannot-tell' },
    not: ['someone-else', 'ours-stale'],
  },
  {
    n: '15',
    when: '... and we are root too',
    given: mine({
      uid: 0,
      recorded: session({ uid: 0, comm: 'dropbear' }),
      process: 'same',
      connection: 'gone',
      server: 'dropbear',
      rows: [row(0)],
    }),
    is: probablyStale,
    not: ['someone-else'],
  },
  {
    n: '16',
    when: 'no tables, silence, our record is dead',
    given: evidence({ probe: 'silent', recorded: session() }),
    is: probablyStale,
    not: ['cannot-tell'],
  },
  {
    n: '17',
    when: 'no tables, silence, no record',
    given: evidence({ probe: 'silent' }),
    is: { is: 'cannot-tell' },
    not: ['ours-stale', 'someone-else'],
  },
  {
    n: '18',
    when: 'no tables, and a service talks',
    given: evidence({ probe: 'talks', recorded: session() }),
    is: { is: 'someone-else', holder: { kind: 'service' } },
    not: ['ours-stale'],
  },
  {
    n: '18',
    when: "our own user's listener talks",
    given: mine({ ...same, probe: 'talks', connection: 'gone' }),
    is: { is: 'ours-live', where: 'elsewhere' },
    not: ['ours-stale'],
  },
  {
    n: '19',
    when: 'the probe is prohibited',
    given: evidence({ probe: 'prohibited', recorded: session() }),
    is: { is: 'cannot-tell' },
    not: ['not-allowed', 'ours-stale'],
  },
  {
    n: '20',
    when: 'the probe ended, and nobody listens afterwards',
    given: mine({ ...same, probe: 'ended', rows: [] }),
    is: { is: 'free', why: 'freed' },
    not: ['ours-live', 'ours-stale'],
  },
  {
    n: '21',
    when: 'the probe ended, and our user still listens',
    given: mine({ ...same, probe: 'ended', connection: 'gone' }),
    is: { is: 'ours-live', where: 'elsewhere' },
    not: ['ours-stale'],
  },
  {
    n: '21',
    when: '... and no tables',
    given: evidence({ probe: 'ended', recorded: session() }),
    is: { is: 'someone-else', holder: { kind: 'live-session' } },
    not: ['ours-stale'],
  },
  {
    n: '25',
    when: 'a dead socket file of ours',
    given: socket({ probe: 'nothing-listens' }),
    is: { is: 'ours-stale', session: null, file: { path: SOCKET.path } },
    not: ['free'],
  },
  {
    n: '25',
    when: '... left by a link that lives on',
    given: socket({ probe: 'nothing-listens', recorded: session({ usedByLiveLink: true }), connection: 'answers' }),
    is: { is: 'ours-stale', session: null, file: { path: SOCKET.path } },
    not: ['ours-live'],
  },
  {
    n: '26',
    when: 'a stale socket of ours',
    given: socket({ ...same, probe: 'silent' }),
    is: { is: 'ours-stale', session: proof, file: { path: SOCKET.path } },
    not: ['cannot-tell'],
  },
  {
    n: '26',
    when: '... that answers',
    given: socket({ ...same, probe: 'talks' }),
    is: { is: 'ours-live', where: 'elsewhere' },
    not: ['ours-stale'],
  },
  {
    n: '27',
    when: 'a socket of another user',
    given: socket({ ...same, probe: 'nothing-listens', file: { kind: 'socket', uid: 1002 } }),
    is: { is: 'someone-else', holder: { kind: 'file', uid: 1002 } },
    not: ['ours-stale'],
  },
  {
    n: '27',
    when: 'no socket but a file',
    given: socket({ ...same, probe: 'nothing-listens', file: { kind: 'other', uid: ME } }),
    is: { is: 'someone-else', holder: { kind: 'file' } },
    not: ['ours-stale'],
  },
  {
    n: '27',
    when: 'no directory',
    given: socket({ probe: 'nothing-listens', file: { kind: 'no-directory', uid: null } }),
    is: { is: 'not-allowed', why: 'no-directory' },
    not: ['free'],
  },
  {
    n: '27',
    when: 'a socket of our own program',
    given: socket({ ...same, probe: 'silent', ownProcess: { pid: 77, command: 'node' } }),
    is: { is: 'someone-else', holder: { kind: 'own-process' } },
    not: ['ours-stale'],
  },
  {
    n: '27',
    when: 'a silent socket that nobody recorded',
    given: socket({ probe: 'silent' }),
    is: { is: 'cannot-tell' },
    not: ['ours-stale'],
  },
  {
    n: '28',
    when: 'the server was rebooted since',
    given: mine({ recorded: session(), process: 'rebooted', connection: 'gone' }),
    is: { is: 'cannot-tell' },
    not: ['ours-stale'],
  },
  {
    n: '29',
    when: 'the key runs a command, so there is no shell',
    given: evidence({ keyOptions: ['command', 'port-forwarding'], probe: 'silent' }),
    is: { is: 'cannot-tell' },
    not: ['not-allowed', 'ours-stale'],
  },
];
