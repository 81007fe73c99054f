import type { Evidence, RecordedSession, SocketRow } from '../../src/model/binding.ts';

export const ME = 1001;
export const BOOT = '6f1c2d9a-0b1e-4c7d-9a51-3f6f0d8c2b17';
export const TCP = { host: '127.0.0.1', port: 18080 };
export const SOCKET = { path: '/run/user/1001/x.sock' };

export const row = (uid: number, more: Partial<SocketRow> = {}): SocketRow => ({
  host: '127.0.0.1',
  state: 'LISTEN',
  uid,
  inode: 4711,
  ...more,
});

export const session = (more: Partial<RecordedSession> = {}): RecordedSession => ({
  uid: ME,
  bootId: BOOT,
  pid: 2345,
  comm: 'sshd',
  startTicks: 9_000,
  source: 'record',
  declaredDead: true,
  usedByLiveLink: false,
  ...more,
});

/** Nothing could be found out about a refused TCP binding, but what is given. */
export const evidence = (more: Partial<Evidence> = {}): Evidence => ({
  listen: TCP,
  said: [],
  keyOptions: null,
  server: 'openssh',
  heardBy: null,
  uid: null,
  rows: null,
  ownProcess: null,
  userName: null,
  probe: 'not-tried',
  recorded: null,
  heldBefore: null,
  process: 'unknown',
  connection: 'unknown',
  peer: null,
  scope: null,
  ownPid: null,
  nowTicks: null,
  takeOver: false,
  portZero: { same: 'not-tried', localhost: 'not-tried' },
  file: null,
  ...more,
});

/** A listener of our own user, seen from a shell of our own. */
export const mine = (more: Partial<Evidence> = {}): Evidence =>
  evidence({ uid: ME, rows: [row(ME)], probe: 'silent', ownPid: 9_999, nowTicks: 50_000, ...more });

/** Our record, and its process just as it was. */
export const same = { recorded: session(), process: 'same' } as const;
export const proof = { pid: 2345, startTicks: 9_000, bootId: BOOT };
export const staleProven = { is: 'ours-stale', session: proof, file: null };
export const probablyStale = { is: 'ours-stale', session: null, file: null };
