import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TunnelSnapshot } from '../../src/model/snapshot.ts';
import { ssh2Tables } from '../../src/ssh/extensions/tables.ts';
import { BesideSsh, type Row, expectedOf, seenBeside } from '../support/beside-ssh.ts';
import { type OpenSsh10, openssh10 } from '../support/openssh10.ts';
import { isRoot } from '../support/run.ts';
import type { Sshd, SshdOptions } from '../support/sshd.ts';
import { portOf } from '../support/status.ts';
import { until } from '../support/until.ts';

type Parts = { place: BesideSsh; ten: OpenSsh10 | null; servers: Map<string, Sshd> };
const parts = {} as Parts;

/** A server with nothing but what `serves` says, which is known by all its keys. */
type Case = Omit<Row, 'server' | 'title'> & { readonly serves: string; readonly ten?: true };
const only = (serves: string, over: Partial<Case> = {}): Case => ({ serves, ...over });
const HAS_AES = ssh2Tables().DEFAULT_CIPHER[0]!.startsWith('aes');
const WEAK = { refused: 'no-common-algorithm', exit: 1 };

const CASES: readonly Case[] = [
  only('KexAlgorithms mlkem768x25519-sha256', { ten: true, log: /kex: algorithm: mlkem768x25519-sha256/ }),
  only('KexAlgorithms mlkem768x25519-sha256', { ten: true, config: ['KexAlgorithms curve25519-sha256'], ...WEAK }),
  only('KexAlgorithms sntrup761x25519-sha512@openssh.com'),
  only('KexAlgorithms sntrup761x25519-sha512', { ten: true }),
  only('KexAlgorithms sntrup761x25519-sha512@openssh.com', { config: ['KexAlgorithms sntrup761x25519-sha512@openssh.com'] }),
  only('KexAlgorithms curve25519-sha256'),
  only('KexAlgorithms ecdh-sha2-nistp521'),
  only('KexAlgorithms diffie-hellman-group18-sha512'),
  only('KexAlgorithms diffie-hellman-group-exchange-sha256'),
  only('KexAlgorithms diffie-hellman-group14-sha1', WEAK),
  only('KexAlgorithms diffie-hellman-group1-sha1', WEAK),
  only('Ciphers chacha20-poly1305@openssh.com'),
  only('Ciphers aes256-gcm@openssh.com'),
  only('Ciphers aes192-ctr'),
  only('Ciphers aes256-cbc', WEAK),
  only('Ciphers aes256-cbc', { config: ['Ciphers ^aes256-cbc'] }),
  only('Ciphers 3des-cbc', { config: ['Ciphers 3des-cbc'] }),
  only('Ciphers aes256-ctr,aes128-ctr', { config: ['Ciphers -*-ctr'], ...WEAK }),
  only('Ciphers aes128-ctr\nMACs hmac-sha2-256'),
  only('Ciphers aes128-ctr\nMACs hmac-sha2-512-etm@openssh.com'),
  // ssh itself still takes it by default; SHA-1 is off here unless ssh_config asks for it.
  only('Ciphers aes128-ctr\nMACs hmac-sha1', { ...WEAK, ssh: 'reached' }),
  only('Ciphers aes128-ctr\nMACs hmac-md5', WEAK),
  only('HostKeyAlgorithms rsa-sha2-256'),
  only('HostKeyAlgorithms ecdsa-sha2-nistp256'),
  only('HostKeyAlgorithms ssh-rsa', WEAK),
  only('HostKeyAlgorithms ssh-ed25519', { config: ['HostKeyAlgorithms rsa-sha2-512'], ...WEAK }),
  only('Compression yes', { config: ['Compression yes'] }),
];

describe.runIf(isRoot)('beside ssh with the same configuration', () => {
  beforeAll(async () => {
    const [place, ten] = [await BesideSsh.make(), await openssh10()];
    Object.assign(parts, { place, ten, servers: new Map() });
    const key = await place.key('id_ed25519');
    for (const { serves, ten: needsTen } of CASES) {
      if (parts.servers.has(serves) || (needsTen && ten === null)) continue;
      const server = await place.serve(optionsOf(serves, needsTen ? ten : null));
      server.authorize(key.publicLine);
      parts.servers.set(serves, server);
    }
  });
  afterAll(() => parts.place?.dispose());

  test.for(CASES)('a server of $serves, and $config', async ({ serves, ten, ...row }, { skip }) => {
    const server = parts.servers.get(serves);
    if (server === undefined) return skip('OpenSSH 10 cannot be had here');
    const whole = { ...row, title: serves, server, ...(ten && { client: parts.ten!.tools.ssh }) };
    const { seen, said, both } = await seenBeside(parts.place, whole);
    expect(seen, said).toEqual(expectedOf(whole));
    // What it is said to take does it, for ssh as well.
    const [advice] = /(KexAlgorithms|Ciphers|MACs|HostKeyAlgorithms) [+^][^;]+/.exec(both.tunnels.said) ?? [];
    if (row.refused === undefined || row.config !== undefined) return;
    const again = await seenBeside(parts.place, { title: serves, server, config: [advice!] });
    expect(again.seen, again.said).toEqual(expectedOf({ title: serves, server }));
  });

  test.for<[serves: string, config: string[], cipher: RegExp]>([
    // What ssh itself would take is ChaCha: OpenSSH's order is the same on every machine.
    ['KexAlgorithms curve25519-sha256', [], HAS_AES ? /^aes(128|256)-gcm@/ : /^chacha20-/],
    ['KexAlgorithms curve25519-sha256', ['Ciphers chacha20-poly1305@openssh.com,aes128-gcm@openssh.com'], /^chacha20-/],
    ['KexAlgorithms curve25519-sha256', ['Ciphers ^aes256-ctr'], /^aes256-ctr$/],
    ['Ciphers chacha20-poly1305@openssh.com', [], /^chacha20-/],
  ])('a server of %s, and %s: the status shows what the server has agreed to', async ([serves, config, cipher]) => {
    const { place, servers } = parts;
    const server = servers.get(serves)!;
    place.write({ server, config });
    const from = server.log().length;
    const up = await place.cli.run(['up', '-F', `${place.home.home}/config`, '-L', '0:127.0.0.1:1', '--name', 'shown', '--json', 'row']);
    const [tunnel] = up.json<{ tunnels: TunnelSnapshot[] }>().tunnels;
    const log = server.log().slice(from);
    await place.forget('shown');
    // The last: a connection that was begun by the way of the `up` before is given up where ssh_config says another.
    const agreed = (way: string): string | undefined => [...log.matchAll(new RegExp(`kex: ${way} cipher: (\\S+)`, 'g'))].at(-1)?.[1];
    const [out, back] = [agreed('client->server'), agreed('server->client')];
    expect(out).toMatch(cipher);
    expect(tunnel?.hops).toMatchObject([{ state: 'up', cipher: out }]);
    expect(back).toBe(out);
  });

  test('which cipher is the fastest was measured meanwhile, and is written down for the next supervisor', async () => {
    const { home, cli } = parts.place;
    const kept = join(home.tunnelsHome, 'ciphers.json');
    await until(() => existsSync(kept), { what: 'the measurement', withinMs: 60_000 });
    const [[machine, costs] = []] = Object.entries((JSON.parse(readFileSync(kept, 'utf8')) as { value: Record<string, object> }).value);
    expect(machine).toContain(process.versions.openssl);
    expect(Object.keys(costs!).toSorted()).toEqual(['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com']);
    expect((await cli.run(['logs', '-n', '1000'])).stdout.match(/aes128-gcm@openssh\.com \d+ MB\/s/g)).toHaveLength(1);
  });

  test('keys are exchanged anew under traffic as RekeyLimit says, and no byte is lost', async () => {
    const { place, servers } = parts;
    const server = servers.get('KexAlgorithms curve25519-sha256')!;
    place.write({ server, config: ['RekeyLimit 1M'] });
    const from = server.log().length;
    const up = await place.cli.run([
      'up',
      '-F',
      `${place.home.home}/config`,
      '-L',
      `0:${place.echo.to}`,
      '--name',
      'busy',
      '--json',
      'row',
    ]);
    const [tunnel] = up.json<{ tunnels: TunnelSnapshot[] }>().tunnels;
    const sent = randomBytes(12_000_000);
    expect(await echoed(portOf(tunnel!, tunnel!.forwards[0]!.name), sent)).toBe(createHash('sha256').update(sent).digest('hex'));
    await place.forget('busy');
    expect(
      server
        .log()
        .slice(from)
        .match(/SSH2_MSG_NEWKEYS received/g)!.length,
    ).toBeGreaterThan(4);
  });
});

function optionsOf(serves: string, ten: OpenSsh10 | null): SshdOptions {
  const config = [...serves.split('\n'), ...(ten?.config ?? [])];
  return { config, hostKeyTypes: ['ed25519', 'rsa', 'ecdsa'], ...(ten !== null && { binary: ten.binary }) };
}

/** The hash of what comes back. */
function echoed(port: number, sent: Buffer): Promise<string> {
  const hash = createHash('sha256');
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(sent));
    socket.on('data', (chunk) => hash.update(chunk)).on('error', reject);
    socket.on('end', () => resolve(hash.digest('hex')));
  });
}
