import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { SessionIdentity, SessionRecord } from '../../../src/model/session-record.ts';
import { type Allowed, AccountMemory, AccountsSchema } from '../../../src/ssh/remote/account-memory.ts';
import { LinkCare } from '../../../src/supervisor/recovery/link-care.ts';
import type { CareWanted } from '../../../src/supervisor/recovery/rungs.ts';
import { SwitchCare } from '../../../src/supervisor/recovery/switch-care.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryLog } from '../memory-log.ts';
import { type FakeLink, fakeLink, type FakeServer } from './fake-link.ts';

const YES: Allowed = { is: 'yes' };
const NO: Allowed = { is: 'no', why: 'forced' };
const identity = { uid: 1001, pid: 4711, comm: 'sshd', startTicks: 88_001, bootId: '8d5c3c0e-0000-4000-8000-000000000001', killable: true };

function place(allowed: { shell: Allowed; sftp: Allowed }, entry: Partial<SessionIdentity> | null = null) {
  const clock = fakeClock();
  const log = memoryLog();
  const accounts = new AccountMemory({ clock });
  accounts.learn({ hostKey: 'SHA256:server', user: 'deploy' }, allowed);
  const book = { entryOf: async () => entry as SessionRecord | null };
  const given = { clock, log, accounts, book };
  const told = (event: string) => log.recent().filter((line) => line.event === event).length;
  return { ...given, told, care: new LinkCare(given), switches: new SwitchCare(given) };
}

const held = (care: Partial<CareWanted> = {}) => ({
  address: { host: '127.0.0.1', port: 8080 },
  tunnel: 't',
  care: { keepalive: 'mirror', deadman: 'off', ...care } as CareWanted,
});

const nonceIn = (command: string): string => command.split(' ')[2] ?? '';

describe('a server that shows none of its settings', () => {
  const mute = { shell: NO, sftp: NO };

  test('is overheard: what its own questions tell is mirrored, and known for the links that follow', async () => {
    const { care, clock, told } = place(mute);
    const link = fakeLink();
    await care.begin(link, held());
    expect(link.keepalives).toEqual([{ intervalMs: 15_000, countMax: 3 }]);
    for (let time = 0; time < 2; time += 1) {
      await clock.advance(5_000);
      link.asks('quiet');
    }
    expect(link.keepalives.at(-1)).toEqual({ intervalMs: 5_000, countMax: 3 });
    expect([care.serverKeepalive(link), told('keepalive-seen')]).toEqual([{ clientAliveIntervalMs: 5_000, clientAliveCountMax: null }, 1]);
    link.die();
    expect(care.serverKeepalive(fakeLink()).clientAliveIntervalMs).toBe(5_000);
    expect(care.serverKeepalive(fakeLink({ hostKey: 'SHA256:another' })).clientAliveIntervalMs).toBeNull();
    expect(link.commands).toEqual([]);
  });

  test('is known from what a supervisor before us overheard, and forgotten for what is overheard since', async () => {
    const { clock, log, accounts, book, care } = place(mute);
    const link = fakeLink();
    await care.begin(link, held());
    const hears = async (at: FakeLink, everyMs: number): Promise<void> => {
      for (let time = 0; time < 2; time += 1) {
        await clock.advance(everyMs);
        at.asks('quiet');
      }
    };
    await hears(link, 5_000);
    const known = v.parse(AccountsSchema, JSON.parse(JSON.stringify(accounts.all())));
    const after = new LinkCare({ clock, log, book, accounts: new AccountMemory({ clock, known }) });
    const next = fakeLink();
    expect(after.serverKeepalive(next)).toEqual({ clientAliveIntervalMs: 5_000, clientAliveCountMax: null });
    expect(after.serverKeepalive(fakeLink({ hostKey: 'SHA256:another' })).clientAliveIntervalMs).toBeNull();
    await after.ready(next);
    await hears(next, 30_000);
    expect(after.serverKeepalive(fakeLink()).clientAliveIntervalMs).toBe(30_000);
  });

  test('tells nothing while we speak in between', async () => {
    const { care, clock } = place(mute);
    const link = fakeLink();
    await care.begin(link, held());
    for (let time = 0; time < 3; time += 1) {
      await clock.advance(5_000);
      link.asks('busy');
    }
    expect(care.serverKeepalive(link).clientAliveIntervalMs).toBeNull();
  });

  test('does not change a keepalive that the profile has set', async () => {
    const { care, clock } = place(mute);
    const link = fakeLink();
    await care.begin(link, held({ keepalive: { intervalMs: 7_000, countMax: 2 } }));
    for (let time = 0; time < 2; time += 1) {
      await clock.advance(5_000);
      link.asks('quiet');
    }
    expect([link.keepalives, care.serverKeepalive(link).clientAliveIntervalMs]).toEqual([[], 5_000]);
  });
});

test('a server that tells its settings is not overheard', async () => {
  const { care, clock } = place({ shell: YES, sftp: YES });
  const run: FakeServer['run'] = (command) => {
    const nonce = nonceIn(command);
    const said = ['for this connection', 'clientaliveinterval 30', 'clientalivecountmax 2'];
    return [``, `tunnels ${nonce} begin`, ...said, `tunnels ${nonce} end`, ''].join('\n');
  };
  const link = fakeLink({ run });
  await care.ready(link);
  for (let time = 0; time < 2; time += 1) {
    await clock.advance(5_000);
    link.asks('quiet');
  }
  expect(care.serverKeepalive(link)).toEqual({ clientAliveIntervalMs: 30_000, clientAliveCountMax: 2 });
});

test('a binding that comes back again and again leaves one mark to be removed, the last', async () => {
  const client = { host: '192.0.2.1', port: 40_000 };
  const { care } = place({ shell: YES, sftp: YES }, { ...identity, client, scope: null });
  const inputs: string[] = [];
  const run: FakeServer['run'] = (command, input) => {
    inputs.push(input);
    const nonce = nonceIn(command);
    return ['', `tunnels ${nonce} begin`, 'marker written', 'marker removed', `tunnels ${nonce} end`, ''].join('\n');
  };
  const link = fakeLink({ run });
  for (let time = 0; time < 3; time += 1) await care.begin(link, held());
  inputs.length = 0;
  await link.close(0);
  expect(inputs).toHaveLength(1);
});

describe("a dead-man's switch", () => {
  const arms: FakeServer['run'] = (command) => `\ntunnels ${nonceIn(command)} armed\n`;
  const shell = { shell: YES, sftp: YES };
  const wanted = { seconds: 20, tunnel: 't' };

  test('whose far end is killed while the link lives is armed again, once', async () => {
    const { switches, clock, told } = place(shell, identity);
    const link = fakeLink({ run: arms });
    await switches.arm(link, wanted);
    await clock.advance(0);
    for (const [index, processes] of [2, 2].entries()) {
      link.processes[index]?.destroy();
      await clock.advance(10);
      expect([link.processes.length, told('switch-armed-again')]).toEqual([processes, 1]);
    }
  });

  test.each([
    ['the link was lost', (link: FakeLink) => void (link.die(), link.processes[0]?.destroy())],
    ['the link was closed in order', (link: FakeLink) => link.close(0)],
  ])('is not armed again when %s', async (_, end) => {
    const { switches, clock, told } = place(shell, identity);
    const link = fakeLink({ run: arms });
    await switches.arm(link, wanted);
    await clock.advance(0);
    await end(link);
    await clock.advance(10);
    expect([link.processes.length, told('switch-armed-again')]).toEqual([1, 0]);
  });

  test('gives way to a stricter one of another tunnel, and not to a laxer one', async () => {
    const { switches, clock, told } = place(shell, identity);
    const link = fakeLink({ run: arms });
    for (const seconds of [20, 60, 5]) {
      const armed = switches.arm(link, { seconds, tunnel: 't' });
      await clock.advance(3_000);
      await armed;
    }
    expect(link.commands.map((command) => command.split(' ')[3])).toEqual(['20', '5']);
    expect([link.processes.map(({ destroyed }) => destroyed), told('switch-armed-again')]).toEqual([[true, false], 0]);
  });

  test.each([
    ['the account has no shell', { shell: NO, sftp: YES }, identity],
    ['nobody knows whether it has one', { shell: { is: 'unknown' } as Allowed, sftp: YES }, identity],
    ['the session is not known', shell, null],
  ])('is not even tried where %s', async (_, allowed, entry) => {
    const { switches } = place(allowed, entry);
    const link = fakeLink({ run: arms });
    await switches.arm(link, wanted);
    expect(link.commands).toEqual([]);
  });
});
