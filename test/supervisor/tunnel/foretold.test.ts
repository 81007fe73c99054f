import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deferred } from '../../../src/platform/deferred.ts';
import { SshDefaults } from '../../../src/ssh/config/ssh-defaults.ts';
import type { Lease, LeaseGiven, Links, Route } from '../../../src/ssh/links/links.ts';
import { Connection } from '../../../src/supervisor/tunnel/connection.ts';
import type { Lineup } from '../../../src/supervisor/tunnel/lineup.ts';
import { hop, profile as aProfile } from '../../decide/tunnel/a-profile.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryLog } from '../memory-log.ts';
import { tempDir } from '../../support/temp-home.ts';
import { until } from '../../support/until.ts';

/** An `ssh` that says where the hop is, and notes each call. */
function sshThatSays(host: string) {
  const folder = tempDir();
  const says = (name: string): void => {
    writeFileSync(join(folder, 'ssh'), `#!/bin/sh\necho "$@" >> ${folder}/calls\necho hostname ${name}\necho user ann\necho port 22\n`);
    chmodSync(join(folder, 'ssh'), 0o755);
  };
  says(host);
  /** How often it was asked about the hop. */
  const asked = (): number =>
    existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').split(/bastion\n/).length - 1 : 0;
  return { env: { ...process.env, PATH: `${folder}:/usr/bin:/bin` }, says, asked };
}

/** Connections that come about as soon as they are sure of their route. */
function connections() {
  const told: string[] = [];
  const lease = async (route: Route, signal: AbortSignal, { sure }: LeaseGiven): Promise<Lease> => {
    const where = route.hops[0]?.host;
    told.push(`dial ${where}${sure ? ' early' : ''}`);
    const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    await Promise.race([Promise.resolve(sure), aborted]).catch((error: unknown) => {
      told.push(`leave ${where}`);
      throw error;
    });
    told.push(`log in ${where}`);
    return { links: [], lost: new Promise(() => {}), release: async () => {} };
  };
  return { told, links: { lease, states: () => [] } as unknown as Links };
}

function setUp() {
  const ssh = sshThatSays('a');
  const { told, links } = connections();
  const clock = fakeClock();
  const state = { profile: aProfile(), env: async (): Promise<NodeJS.ProcessEnv> => ssh.env };
  const connection = new Connection({
    lineup: state as unknown as Lineup,
    clock,
    random: () => 0,
    usage: { busy: false },
    log: memoryLog(),
    onChange: () => {},
    links,
    defaults: new SshDefaults(),
    env: () => state.env(),
    onRevived: () => {},
    onNeeded: () => {},
    rungs: { prime: () => {} },
    onLost: () => {},
  });
  const connect = () => connection.connect(1, { byPerson: true });
  /** As after a first time up. */
  const wasUp = async (): Promise<void> => {
    await connect();
    await connection.leave('for-good')();
    told.splice(0);
  };
  return { ssh, told, clock, state, connection, connect, wasUp };
}

describe('a dial that is about to be asked for', () => {
  test('is begun by the last answer of ssh_config, and logged in to only once it is asked for', async () => {
    const { ssh, told, connection, connect, wasUp } = setUp();
    await wasUp();
    connection.foretell();
    await until(() => ssh.asked() === 2, { what: 'ssh to be asked' });
    expect(told).toEqual(['dial a early']);
    await connect();
    expect(told).toEqual(['dial a early', 'dial a early', 'log in a', 'leave a']);
    // What it said was not asked for again.
    expect(ssh.asked()).toBe(2);
  });

  test('has ssh_config read, where nothing is known of it yet', async () => {
    const { ssh, told, connection, connect } = setUp();
    connection.foretell();
    await until(() => ssh.asked() === 1, { what: 'ssh to be asked' });
    expect(told).toEqual([]);
    await connect();
    expect(told.at(-1)).toBe('log in a');
    expect(ssh.asked()).toBe(1);
  });

  test('goes where ssh_config says now', async () => {
    const { ssh, told, connection, connect, wasUp } = setUp();
    await wasUp();
    ssh.says('b');
    connection.foretell();
    await until(() => ssh.asked() === 2, { what: 'ssh to be asked' });
    await connect();
    expect(told.filter((line) => line.startsWith('log in'))).toEqual(['log in b']);
    expect(told).toContain('leave a');
  });

  test('is given up where nobody asks for it in time, and nothing of it is used later', async () => {
    const { ssh, told, clock, connection, connect, wasUp } = setUp();
    await wasUp();
    connection.foretell();
    await until(() => ssh.asked() === 2, { what: 'ssh to be asked' });
    await clock.advance(4_999);
    expect(told).toEqual(['dial a early']);
    await clock.advance(1);
    expect(told).toEqual(['dial a early', 'leave a']);
    await connect();
    expect(ssh.asked()).toBe(3);
  });

  test('is given up for a profile that has changed', async () => {
    const { told, state, connection, connect, wasUp } = setUp();
    await wasUp();
    connection.foretell();
    await until(() => told.length === 1, { what: 'the connection to be begun' });
    state.profile = aProfile({ hops: [hop({ user: 'eve' })] });
    await connect();
    expect(told).toEqual(['dial a early', 'leave a', 'dial a', 'log in a']);
  });

  test('is begun anew by whoever comes a second time, as something may have been corrected', async () => {
    const { ssh, told, connection, connect, wasUp } = setUp();
    await wasUp();
    connection.foretell();
    await until(() => ssh.asked() === 2, { what: 'ssh to be asked' });
    connection.foretell();
    await until(() => ssh.asked() === 3, { what: 'ssh to be asked again' });
    expect(told).toEqual(['dial a early', 'leave a']);
    await connect();
    expect(ssh.asked()).toBe(3);
  });

  test('is not begun beside one that was asked for meanwhile', async () => {
    const { told, state, connection, connect, wasUp } = setUp();
    await wasUp();
    const env = deferred<NodeJS.ProcessEnv>();
    const known = state.env;
    state.env = () => env.promise;
    connection.foretell();
    state.env = known;
    await connect();
    env.resolve(await known());
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(['dial a early', 'log in a']);
  });

  test('ends with the tunnel', async () => {
    const { told, connection, wasUp } = setUp();
    await wasUp();
    connection.foretell();
    await until(() => told.length === 1, { what: 'the connection to be begun' });
    await connection.leave('for-good')();
    await until(() => told.includes('leave a'), { what: 'the connection to be given up' });
  });
});
