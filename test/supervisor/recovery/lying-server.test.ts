import { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { AccountMemory } from '../../../src/ssh/remote/account-memory.ts';
import { identifySession } from '../../../src/ssh/remote/identify-session.ts';
import type { Service } from '../../../src/ssh/types.ts';
import { ProblemError } from '../../../src/model/problem.ts';
import { Claims } from '../../../src/supervisor/recovery/claims.ts';
import { HeldNotes } from '../../../src/supervisor/recovery/held-notes.ts';
import { Ladder } from '../../../src/supervisor/recovery/ladder.ts';
import { LinkCare } from '../../../src/supervisor/recovery/link-care.ts';
import { Rungs } from '../../../src/supervisor/recovery/rungs.ts';
import { SessionBook } from '../../../src/supervisor/recovery/session-book.ts';
import { Teller } from '../../../src/supervisor/recovery/teller.ts';
import { BOOT, TCP } from '../../decide/evidence.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryLog } from '../memory-log.ts';
import { fakeLink } from './fake-link.ts';
import { REFUSED } from './fake-rungs.ts';

const OWN_PID = 4_711;
const NOW_TICKS = 200;
const marker = (more: object = {}): string =>
  JSON.stringify({
    v: 1,
    owner: 'o',
    tunnel: 't',
    pid: 4_710,
    comm: 'sshd',
    start: 90,
    boot: BOOT,
    madeAt: 0,
    client: { host: '10.0.0.9', port: 50_000 },
    ...more,
  });

/** All that a shell's scripts ask for: a session of ours that is still there, and does not answer on its connection. */
const truth = (said: Record<string, string> = {}): string =>
  Object.entries({
    uid: '1001',
    boot: BOOT,
    shell: `4800 ${NOW_TICKS}`,
    server: `${OWN_PID} sshd 100 yes`,
    client: '10.0.0.2 50001 10.0.0.1 22',
    here: '10.0.0.2 50001 10.0.0.1 22',
    table: 'tcp',
    row: '0: 0100007F:46A0 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001 0 4711 1',
    connection: '1: 0100000A:0016 0900000A:C350 01 00000048:00000000 01:00000014 00000003     0 0 4712 2',
    process: 'same',
    marker: marker(),
    ...said,
  })
    .map(([word, value]) => `${word} ${value}`)
    .join('\n');

/** Tries a binding that is always refused, over a real ladder with real rungs. */
async function recoverOn(printed: string | null): Promise<{ verdict: unknown; code: unknown; signals: number }> {
  const clock = fakeClock();
  const log = memoryLog();
  const accounts = new AccountMemory({ clock });
  accounts.learn({ hostKey: 'SHA256:server', user: 'deploy' }, { shell: { is: 'yes' }, sftp: { is: 'yes' } });
  let signals = 0;
  const run = (command: string, input: string): string | null => {
    if (input.includes('kill -TERM')) signals += 1;
    const nonce = command.split(' ')[2];
    return printed === null ? null : `\ntunnels ${nonce} begin\n${printed}\ntunnels ${nonce} end\n`;
  };
  const silent = async (): Promise<Duplex> => new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
  const listen = (): Promise<never> => Promise.reject(new ProblemError(REFUSED));
  const link = { ...fakeLink({ run }), openRaw: silent, listen };
  const store = { get: () => [], set: () => {} };
  const { signal } = new AbortController();
  const identify = (at: typeof link) => identifySession(at, { accounts, clock, signal });
  const held = new HeldNotes({ store, clock });
  const book = new SessionBook({ store, held, clock, owner: 'o', identify: (at) => identify(at as typeof link) });
  const care = new LinkCare({ clock, accounts, book, log });
  const rungs = new Rungs({ clock, book, accounts, claims: new Claims(), care });
  const teller = new Teller('t', { clock, log });
  const conflict = { onConflict: ['reclaim', 'wait'], fallbackPorts: null, giveUpAfterMs: null, public: false } as const;
  const forward = { name: 'hook', kind: 'remote', on: 0, listen: TCP, from: 'local', to: null, ...conflict } as const;
  const wanted = { deadman: 'off', keepalive: 'mirror' } as const;
  const ladder = new Ladder({ tunnel: 't', hop: 'server', forward, care: wanted, takeOver: () => false, clock, teller, rungs });
  const nothing = (): void => {};
  const climb = { link, service: { forward } as unknown as Service, signal, onTrouble: nothing, onWarning: nothing };
  const trying = ladder.bind(climb).catch((error: unknown) => (error instanceof ProblemError ? error.problem.code : error));
  for (let time = 0; time < 600; time += 1) await clock.advance(50);
  return { verdict: teller.episodes[0]?.verdict, code: await trying, signals };
}

describe('what a server shows of a dead session of ours', () => {
  test('leads to its end when all of it holds', async () => {
    expect(await recoverOn(truth())).toMatchObject({ verdict: 'ours-stale', signals: 2 });
  });

  test.each([
    ['a marker that names pid 1', truth({ marker: marker({ pid: 1 }) })],
    ['a marker that names the very session that asks', truth({ marker: marker({ pid: OWN_PID, start: 100 }) })],
    ['a marker that names a process of the future', truth({ marker: marker({ start: NOW_TICKS + 1 }) })],
    ['a marker of a negative pid', truth({ marker: marker({ pid: -4_710 }) })],
    ['a marker of another run of the machine', truth({ marker: marker({ boot: BOOT.replace('6', '7') }), process: 'rebooted' })],
    ['a login session whose leader is pid 1', truth({ marker: '{}', scope: 'session-1.scope 1 90' })],
    ['two different answers to one question', `${truth()}\nprocess gone`],
    ['a uid that cannot be', truth({ uid: '-1' })],
    ['a program of ours at the port', truth({ ss: 'LISTEN 0 1 127.0.0.1:18080 users:(("node",pid=4900,fd=2))' })],
    ['garbage', '\u0000\u0001 process same\nrow row row\n'.repeat(20)],
    ['megabytes', `${truth()}\n${'x'.repeat(2 * 1024 * 1024)}`],
    ['nothing: its shell hangs', null],
  ])('leads to no signal when it is %s', async (_, printed) => {
    const { verdict, signals } = await recoverOn(printed);
    expect(signals).toBe(0);
    expect(['cannot-tell', 'someone-else']).toContain(verdict);
  });
});
