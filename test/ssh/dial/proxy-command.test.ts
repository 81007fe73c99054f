import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Problem, ProblemError } from '../../../src/model/problem.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { startCommand } from '../../../src/ssh/dial/start-command.ts';
import { DEFAULT_OPTIONS } from '../../../src/ssh/hop-options.ts';
import { type Lease, Links } from '../../../src/ssh/links/links.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { freePort } from '../../support/free-port.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { isAlive, send } from '../../support/proc.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { until } from '../../support/until.ts';
import { aHop, required } from '../identity/hop.ts';

let sshd: Sshd;
let key: Key;
beforeAll(async () => {
  sshd = await startSshd();
  key = await makeKey(tempDir());
  sshd.authorize(key.publicLine);
});
afterAll(() => sshd.stop());

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const keepalive = { intervalMs: 200, countMax: 2 };
/** The address is one that leads nowhere: only the command can have got there. */
const hopBy = (command: string, over: Partial<ResolvedHop> = {}): ResolvedHop =>
  aHop({
    host: '192.0.2.1',
    user: sshd.user,
    identities: required(key.path),
    identitiesOnly: true,
    knownHosts: { alias: null, userFiles: [], systemFiles: [], pins: [sshd.hostKey.fingerprint] },
    way: { ...DEFAULT_OPTIONS.way, command },
    ...over,
  });
const nc = (port = sshd.port): string => `nc 127.0.0.1 ${port}`;

function allLinks(): Links {
  const links = new Links({ clock: systemClock, onChange: () => {} });
  ends.push(() => links.end());
  return links;
}
async function leaseBy(hop: ResolvedHop, signal = new AbortController().signal): Promise<Lease> {
  const lease = await allLinks().lease({ hops: [hop], keepalive }, signal);
  ends.push(() => lease.release('for-good'));
  return lease;
}
async function problemBy(hop: ResolvedHop): Promise<Problem> {
  const error = await leaseBy(hop).then(
    () => 'connected',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ProblemError);
  return (error as ProblemError).problem;
}

/** A shell program that notes its pid and those of two children in a file, then becomes the command. */
function noting(command: string, { child = 'sleep 600' } = {}): { command: string; pids(): number[] } {
  const file = join(tempDir(), 'pids');
  writeFileSync(file, '');
  const script = `echo $$ >> ${file}; (${child}) >/dev/null & echo $! >> ${file}; ${command}`;
  return { command: `sh -c '${script}'`, pids: () => readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number) };
}
const allGone = (pids: readonly number[]): Promise<true> => until(() => !pids.some(isAlive), { what: `the end of ${pids.join(', ')}` });
const noted = async (pids: () => number[]): Promise<number[]> => {
  await until(() => pids().length === 2, { what: 'the command to run' });
  return pids();
};

describe('a ProxyCommand', () => {
  test('carries a login, forwards and a big answer, and is ended with the link', async () => {
    const { command, pids } = noting(`exec ${nc()}`);
    const lease = await leaseBy(hopBy(command));
    const link = lease.links[0]!;
    expect(link.ends).toBeNull();
    const process = await link.exec('head -c 3000000 /dev/zero | tr "\\0" x');
    let bytes = 0;
    for await (const chunk of process) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(3_000_000);
    expect(await noted(pids)).toSatisfy((all: number[]) => all.every(isAlive));
    await lease.release('for-good');
    expect(pids().some(isAlive)).toBe(false);
  });

  test('that ignores SIGTERM is killed, with its children', async () => {
    const { command, pids } = noting(nc(), { child: 'trap "" TERM; while :; do sleep 1; done' });
    const lease = await leaseBy(hopBy(command.replace("'", `'trap "" TERM; `)));
    await noted(pids);
    await lease.release('for-good');
    await allGone(pids());
  });

  test('is run by a shell, in the home, with the agent of whoever asked', async () => {
    const dir = tempDir();
    const way = { ...DEFAULT_OPTIONS.way, agent: '/run/mine' };
    const command = `sh -c 'pwd > ${dir}/pwd; echo "$SSH_AUTH_SOCK" > ${dir}/agent; exec ${nc()}' # note`;
    await leaseBy(hopBy(command, { way: { ...way, command } }));
    expect(readFileSync(join(dir, 'agent'), 'utf8')).toBe('/run/mine\n');
    expect(readFileSync(join(dir, 'pwd'), 'utf8')).toBe(`${homedir()}\n`);
  });

  test('that dies takes the link with it, and its children die too', async () => {
    const { command, pids } = noting(`exec ${nc()}`);
    const lease = await leaseBy(hopBy(command));
    const [leader] = await noted(pids);
    send(leader!, 'SIGKILL');
    expect(await lease.lost).toMatchObject({ code: 'link-closed' });
    await allGone(pids());
  });

  test('whose connection goes silent is given up like any other, and leaves nothing behind', async () => {
    const { command, pids } = noting(`exec ${nc()}`);
    const lease = await leaseBy(hopBy(command));
    const [leader] = await noted(pids);
    send(leader!, 'SIGSTOP');
    ends.push(() => send(leader!, 'SIGCONT'));
    expect((await lease.lost).code).toMatch(/link-(silent|replaced)/);
    // Those after them are of the connection that was made beside.
    await allGone(pids().slice(0, 2));
  });

  test('is ended when the dial is called off before any answer', async () => {
    const { command, pids } = noting('exec sleep 600');
    const abort = new AbortController();
    const leasing = leaseBy(hopBy(command), abort.signal);
    leasing.catch(() => {});
    await noted(pids);
    abort.abort(new Error('enough'));
    await expect(leasing).rejects.toThrow('enough');
    await allGone(pids());
  });

  test('is ended when there is nothing to log in with', async () => {
    const { command, pids } = noting('exec sleep 600');
    const login = { ...DEFAULT_OPTIONS.login, methods: ['publickey'] as const };
    const hop = hopBy(command, { connectTimeoutMs: 600_000, identities: required('/nonexistent/key'), login });
    expect((await problemBy(hop)).code).toMatch(/key-unusable|no-credentials/);
    await allGone(pids());
  });

  test('is not started where nobody wants it any more', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const given = { clock: systemClock, signal };
    await expect(startCommand({ host: 'h', command: 'touch /nonexistent', agent: null }, given)).rejects.toThrow('enough');
  });

  test('that fails says so with its own last words, and not what it was', async () => {
    const problem = await problemBy(hopBy(`sh -c 'echo secret=x >/dev/null; echo one >&2; echo "no \\033[31mway" >&2; exit 3'`));
    expect(problem).toEqual({ code: 'proxy-command-failed', facts: { host: 'h', exit: 3, said: 'one; no ?[31mway' } });
    expect(await problemBy(hopBy('sh -c "kill -9 \\$\\$"'))).toMatchObject({ facts: { exit: 'SIGKILL', said: '' } });
  });

  test('whose program is not there needs a person', async () => {
    expect(await problemBy(hopBy('/nonexistent/nc a b'))).toMatchObject({
      code: 'proxy-command-not-run',
      facts: { host: 'h', said: expect.stringContaining('/nonexistent/nc') },
    });
  });

  test('that passes on that the server closed is not blamed for it', async () => {
    expect(await problemBy(hopBy('true'))).toMatchObject({ code: 'closed-before-greeting' });
  });

  test('that says nothing costs the connect timeout and is ended', async () => {
    const { command, pids } = noting('echo open this page >&2; exec sleep 600');
    expect(await problemBy(hopBy(command, { connectTimeoutMs: 300 }))).toEqual({
      code: 'proxy-command-silent',
      facts: { host: 'h', ms: 300, said: 'open this page' },
    });
    await allGone(pids());
  });

  test('may be ssh itself, through another server', async () => {
    const file = join(tempDir(), 'known');
    writeFileSync(file, sshd.knownHostsLine());
    const options = ['-F none', `-o UserKnownHostsFile=${file}`, '-o BatchMode=yes', `-i ${key.path}`, `-p ${sshd.port}`].join(' ');
    const lease = await leaseBy(hopBy(`ssh ${options} -W 127.0.0.1:${sshd.port} ${sshd.user}@127.0.0.1`));
    await lease.links[0]!.ping();
  });

  test.each([
    ['an HTTP proxy', 'connect', httpProxy],
    ['a SOCKS proxy', '5', socksProxy],
  ] as const)('goes through %s with nc -X', async (_, kind, start) => {
    const proxy = await start();
    const lease = await leaseBy(hopBy(`nc -X ${kind} -x 127.0.0.1:${proxy.port} 127.0.0.1 ${sshd.port}`));
    await lease.links[0]!.ping();
    expect(proxy.asked).toEqual([`127.0.0.1:${sshd.port}`]);
  });

  test('that refuses at the proxy is told', async () => {
    const problem = await problemBy(hopBy(nc(await freePort()).replace('nc', 'nc -v')));
    expect(problem).toMatchObject({ code: 'proxy-command-failed', facts: { exit: 1, said: expect.stringContaining('refused') } });
  });
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function httpProxy(): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createHttpServer().on('connect', (request, client, head) => {
    asked.push(request.url ?? '');
    const [host, port] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).on('error', () => upstream.destroy());
      client.pipe(upstream).on('error', () => client.destroy());
    });
  });
  return { port: await listening(server), asked };
}

/** Just enough of RFC 1928 for nc: no login, CONNECT, an IPv4 address. */
async function socksProxy(): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((client) => {
    client.on('error', () => {});
    client.once('data', () => {
      client.write(Buffer.from([5, 0]));
      client.once('data', (request: Buffer) => {
        const [host, port] = [[...request.subarray(4, 8)].join('.'), request.readUInt16BE(8)];
        asked.push(`${host}:${port}`);
        const upstream = connect(port, host, () => {
          client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
          upstream.pipe(client).on('error', () => upstream.destroy());
          client.pipe(upstream).on('error', () => client.destroy());
        });
      });
    });
  });
  return { port: await listening(server), asked };
}
