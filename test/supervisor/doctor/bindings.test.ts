import { describe, expect, test } from 'vitest';
import { checkForwardingPolicy, permits } from '../../../src/supervisor/doctor/checks/forwarding-policy.ts';
import { checkGatewayPorts } from '../../../src/supervisor/doctor/checks/gateway-ports.ts';
import { checkLocalBinding } from '../../../src/supervisor/doctor/checks/local-binding.ts';
import { checkLocalPort } from '../../../src/supervisor/doctor/checks/local-port.ts';
import { checkRemoteBinding } from '../../../src/supervisor/doctor/checks/remote-binding.ts';
import { checkRemotePort } from '../../../src/supervisor/doctor/checks/remote-port.ts';
import { evidence, ME, mine, row, same, SOCKET } from '../../decide/evidence.ts';
import { local, machine, remote, rules, seen, tcpRow } from './facts.ts';

const at = (host: string, port = 18_080) => ({ listen: { host, port } });

describe('the doctor, of a local forward,', () => {
  test('names the process that holds the port and exits with 5', () => {
    const holder = { pid: 4711, command: 'postgres', uid: 1001 };
    const [found] = checkLocalBinding(local({ isHeld: true, holder }));
    expect(found).toMatchObject({ severity: 'error', exitCode: 5, what: expect.stringContaining('pid 4711 (postgres)') });
    expect(found?.fix).toContain('kill 4711');
  });

  test('names another tunnel that has it, and is content with the tunnel itself', () => {
    expect(checkLocalBinding(local({ isHeld: true, listener: 'db' }))).toMatchObject([
      { severity: 'ok', what: 'The tunnel itself listens on 127.0.0.1:8080.' },
    ]);
    expect(checkLocalBinding(local({ isHeld: true, listener: 'other' }))[0]?.fix).toContain('tunnels down other');
  });

  test('tells TIME_WAIT from a holder', () => {
    const [found] = checkLocalBinding(local({ connections: [tcpRow('TIME_WAIT'), tcpRow('TIME_WAIT'), tcpRow('ESTABLISHED')] }));
    expect(found).toMatchObject({ severity: 'ok', what: expect.stringContaining('2 TIME_WAIT, 1 ESTABLISHED') });
  });

  test('warns of ports that this machine gives away, and refuses those of root', () => {
    expect(checkLocalPort(local())).toEqual([]);
    expect(checkLocalPort(local(at('127.0.0.1', 40_000)))).toMatchObject([{ severity: 'warning' }]);
    expect(checkLocalPort(local(at('127.0.0.1', 80)))).toMatchObject([{ severity: 'error', exitCode: 5 }]);
    expect(checkLocalPort(local({ ...at('127.0.0.1', 80), machine: machine({ firstOpenPort: 0 }) }))).toEqual([]);
    expect(checkLocalPort(local(at('127.0.0.1', 0)))).toEqual([]);
  });
});

describe('the doctor, of a remote forward,', () => {
  test('finds it free where the tables show nobody', () => {
    expect(checkRemoteBinding(remote())).toMatchObject([{ severity: 'ok' }]);
  });

  test('finds a dead session of ours, which the next `up` frees: no reason for an exit code', () => {
    const [found] = checkRemoteBinding(remote({ state: seen(mine({ ...same, probe: 'not-tried' })) }));
    expect(found).toMatchObject({ severity: 'warning', exitCode: 0, what: expect.stringContaining('sshd pid 2345') });
    expect(found?.fix).toContain('tunnels up db');
  });

  test.each([
    ['another user', seen({ uid: 1001, rows: [row(1002)], userName: 'bob' }), 'the user bob (uid 1002)'],
    ['another tunnel', seen({ heardBy: 'other' }), 'your own tunnel other'],
    ['a program of our user', seen({ ...mine(), ownProcess: { pid: 77, command: 'node' } }), 'node (pid 77)'],
  ])('names %s who has it and exits with 5', (_, state, words) => {
    expect(checkRemoteBinding(remote({ state }))).toMatchObject([{ severity: 'error', exitCode: 5, what: expect.stringContaining(words) }]);
  });

  test('calls no one dead or alive whom it has not asked', () => {
    const [found] = checkRemoteBinding(remote({ state: seen(mine({ probe: 'not-tried' })) }));
    expect(found).toMatchObject({ severity: 'warning', exitCode: 0, what: expect.stringContaining('cannot be told') });
    expect(checkRemoteBinding(remote({ state: seen(evidence()) }))).toMatchObject([{ severity: 'note' }]);
    expect(checkRemoteBinding(remote({ state: { is: 'unseen' } }))).toMatchObject([{ severity: 'note' }]);
  });

  test('finds a socket file that was left behind, and leaves one alone on which somebody listens', () => {
    const file = { listen: SOCKET, uid: ME, file: { kind: 'socket', uid: ME } } as const;
    const dead = checkRemoteBinding(remote({ listen: SOCKET, state: seen(file, false) }));
    expect(dead).toMatchObject([{ severity: 'warning', what: expect.stringContaining('nobody listens') }]);
    const live = checkRemoteBinding(remote({ listen: SOCKET, state: seen(file, true) }));
    expect(live).toMatchObject([{ severity: 'warning', what: expect.stringContaining('is held by') }]);
    const foreign = seen({ ...file, file: { kind: 'socket', uid: 1002 } }, false);
    expect(checkRemoteBinding(remote({ listen: SOCKET, state: foreign }))).toMatchObject([{ severity: 'error', exitCode: 5 }]);
    expect(checkRemoteBinding(remote({ listen: SOCKET, state: seen(file) }))).toMatchObject([{ severity: 'note' }]);
  });

  test('warns of a port that is the source of an outgoing connection there', () => {
    const state = seen({ uid: 1001, rows: [row(1001, { state: 'TIME_WAIT' })] });
    expect(checkRemoteBinding(remote({ state }))).toMatchObject([{ severity: 'warning', what: expect.stringContaining('Nobody listens') }]);
  });

  test('finds no fault with what listens now', () => {
    const state = { is: 'listens' } as const;
    expect(checkRemoteBinding(remote({ state }))).toMatchObject([{ severity: 'ok' }]);
    expect(checkForwardingPolicy(remote({ state, keyOptions: [] }))).toEqual([]);
  });

  test('exits with 5 where the key or the server forbids it, and says which line would allow it', () => {
    const key = checkForwardingPolicy(remote({ keyOptions: ['pty'] }));
    expect(key).toMatchObject([{ severity: 'error', exitCode: 5, fix: expect.stringContaining('authorized_keys') }]);
    const server = checkForwardingPolicy(remote({ rules: rules({ tcp: 'local' }) }));
    expect(server).toMatchObject([{ severity: 'error', exitCode: 5, fix: expect.stringContaining('AllowTcpForwarding yes') }]);
    const list = checkForwardingPolicy(remote({ rules: rules({ permitListen: ['9090'] }) }));
    expect(list[0]?.fix).toContain('PermitListen 9090 127.0.0.1:18080');
    expect(checkForwardingPolicy(remote({ rules: rules({ permitListen: ['9090', '18080'] }) }))).toMatchObject([{ severity: 'ok' }]);
  });

  test('only warns where a Match block may allow it, and notes a permitlisten that the server does not show', () => {
    const doubted = rules({ permitListen: ['9090'], uncertain: ['permitlisten'] });
    expect(checkForwardingPolicy(remote({ rules: doubted }))).toMatchObject([{ severity: 'warning', exitCode: 0 }]);
    expect(checkForwardingPolicy(remote({ keyOptions: ['port-forwarding', 'permitlisten'] }))).toMatchObject([{ severity: 'note' }]);
    expect(checkForwardingPolicy(remote({ rules: null, keyOptions: null }))).toEqual([]);
  });

  test('asks another setting for Unix sockets', () => {
    const socket = remote({ listen: SOCKET, rules: rules({ sockets: 'no', permitListen: [] }) });
    expect(checkForwardingPolicy(socket)[0]?.fix).toContain('AllowStreamLocalForwarding yes');
  });

  test.each([
    ['18080', '127.0.0.1', true],
    ['*:18080', '', true],
    ['127.0.0.1:18080', '127.0.0.1', true],
    ['localhost:18080', '127.0.0.1', false],
    ['127.0.0.*:*', '127.0.0.1', true],
    ['[::1]:18080', '::1', true],
    ['18081', '127.0.0.1', false],
    ['none', '127.0.0.1', false],
    ['', '', false],
  ])('reads PermitListen %j for %j as sshd does', (entry, host, allowed) => {
    expect(permits(entry, { host, port: 18_080 })).toBe(allowed);
  });

  test('refuses a loopback that GatewayPorts yes would open to all, unless that is wanted', () => {
    const yes = { rules: rules({ gatewayPorts: 'yes' }) };
    expect(checkGatewayPorts(remote(yes))).toMatchObject([{ severity: 'error', exitCode: 5 }]);
    expect(checkGatewayPorts(remote({ ...yes, isPublic: true }))).toMatchObject([{ severity: 'ok' }]);
    expect(checkGatewayPorts(remote({ ...yes, ...at('*') }))).toMatchObject([{ severity: 'ok' }]);
    const doubted = rules({ gatewayPorts: 'yes', uncertain: ['gatewayports'] });
    expect(checkGatewayPorts(remote({ rules: doubted }))).toMatchObject([{ severity: 'warning', exitCode: 0 }]);
  });

  test('warns of a wildcard that GatewayPorts no narrows', () => {
    expect(checkGatewayPorts(remote(at('*')))).toMatchObject([{ severity: 'warning' }]);
    expect(checkGatewayPorts(remote({ ...at('*'), rules: rules({ gatewayPorts: 'clientspecified' }) }))).toMatchObject([
      { severity: 'ok' },
    ]);
    expect(checkGatewayPorts(remote({ rules: null }))).toEqual([]);
  });

  test('tells a privileged port once, and warns of one that the server gives its own connections', () => {
    const low = at('127.0.0.1', 80);
    const state = seen({ uid: 1001, rows: [], ...low });
    expect(checkRemoteBinding(remote({ ...low, state }))).toMatchObject([{ severity: 'error', exitCode: 5 }]);
    expect(checkRemotePort(remote({ ...low, state }))).toEqual([]);
    expect(checkRemotePort(remote({ ...low, state: { is: 'unseen' } }))).toMatchObject([{ severity: 'warning' }]);
    expect(checkRemotePort(remote(at('127.0.0.1', 40_000)))).toMatchObject([
      { severity: 'warning', fix: expect.stringContaining('below 32768') },
    ]);
    expect(checkRemotePort(remote())).toEqual([]);
  });
});
