import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { orderCiphers } from '../../../src/decide/order-ciphers.ts';
import type { CipherCosts } from '../../../src/model/cipher-costs.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { measureCiphers } from '../../../src/ssh/ciphers/measure-ciphers.ts';
import { ssh2Tables } from '../../../src/ssh/extensions/tables.ts';
import { DEFAULT_OPTIONS, type HopOptions } from '../../../src/ssh/hop-options.ts';
import { type OpenSsh10, openssh10 } from '../../support/openssh10.ts';
import { run } from '../../support/run.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { dial, hopOf, problemOfDial } from './dial.ts';

let ten: OpenSsh10 | null = null;
beforeAll(async () => {
  ten = await openssh10();
}, 300_000);

const servers: Sshd[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

const start = async (version: 'system' | '10', config: readonly string[] = []): Promise<Sshd> => {
  const [binary, own] = version === '10' && ten !== null ? [ten.binary, ten.config] : ['/usr/sbin/sshd', []];
  const sshd = await startSshd({ binary, config: [...config, ...own] });
  servers.push(sshd);
  return sshd;
};
const asking = (algorithms: Partial<HopOptions['algorithms']>) => ({ algorithms: { ...DEFAULT_OPTIONS.algorithms, ...algorithms } });

/** What sshd says was agreed on, from its log. */
async function agreedWith(sshd: Sshd, algorithms: Partial<HopOptions['algorithms']> = {}, cipherCosts: CipherCosts | null = null) {
  const from = sshd.log().length;
  const link = await dial(await hopOf(sshd, asking(algorithms)), { cipherCosts: () => cipherCosts });
  await link.ping();
  await link.close(1_000);
  const log = sshd.log().slice(from);
  const [, kex] = /kex: algorithm: (\S+)/.exec(log) ?? [];
  const [, cipher, mac] = /kex: client->server cipher: (\S+) MAC: (\S+)/.exec(log) ?? [];
  return { kex, cipher, mac, told: link.cipher };
}

/** Whether the real client comes in with the same lists. */
async function sshReaches(sshd: Sshd, options: readonly string[]): Promise<boolean> {
  const args = ['-F', 'none', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'];
  const { stderr } = await run('ssh', [...args, ...options.flatMap((one) => ['-o', one]), '-p', String(sshd.port), '127.0.0.1', 'true']);
  // Without a key it is turned away, but only after the key exchange.
  return stderr.includes('Permission denied');
}

describe('the key exchange', () => {
  test.each(['system', '10'] as const)('is post-quantum with OpenSSH (%s)', async (version) => {
    const { kex } = await agreedWith(await start(version));
    const isTen = version === '10' && ten !== null;
    expect(kex).toBe(isTen ? 'mlkem768x25519-sha256' : 'sntrup761x25519-sha512');
  });

  test('reaches a server that has only mlkem768x25519-sha256', async ({ skip }) => {
    if (ten === null) return skip('there is no OpenSSH 10 here');
    const sshd = await start('10', ['KexAlgorithms mlkem768x25519-sha256']);
    expect((await agreedWith(sshd)).kex).toBe('mlkem768x25519-sha256');
  });

  test.each([
    ['system', 'sntrup761x25519-sha512@openssh.com'],
    ['10', 'sntrup761x25519-sha512'],
    ['10', 'sntrup761x25519-sha512@openssh.com'],
    ['system', 'curve25519-sha256@libssh.org'],
    ['system', 'ecdh-sha2-nistp384'],
    ['system', 'diffie-hellman-group16-sha512'],
    ['system', 'diffie-hellman-group14-sha256'],
    ['system', 'diffie-hellman-group-exchange-sha256'],
  ] as const)('reaches a server (%s) that has only %s', async (version, kex) => {
    if (version === '10' && ten === null) return;
    expect((await agreedWith(await start(version, [`KexAlgorithms ${kex}`]))).kex).toBe(kex);
  });

  test('comes out right every time, whatever the numbers in it begin with', async () => {
    const sshd = await start('10');
    for (let i = 0; i < 20; i += 1) expect((await agreedWith(sshd)).kex).toBeDefined();
  });

  test('may be post-quantum alone, also where it is exchanged anew', async () => {
    const sshd = await start('system', ['RekeyLimit 16K']);
    const kex = ['mlkem768x25519-sha256', 'sntrup761x25519-sha512@openssh.com'];
    expect((await agreedWith(sshd, { kex })).kex).toBe('sntrup761x25519-sha512@openssh.com');
    const link = await dial(await hopOf(sshd, asking({ kex })));
    const said = await link.exec('head -c 200000 /dev/zero');
    let length = 0;
    for await (const chunk of said) length += (chunk as Buffer).length;
    expect(length).toBe(200_000);
    await link.close(1_000);
    expect(sshd.log().match(/kex: algorithm: sntrup761x25519-sha512@openssh.com/g)!.length).toBeGreaterThan(3);
  });

  test('follows the order of ssh_config, and leaves out what it does not have', async () => {
    const sshd = await start('system');
    const kex = ['made-up@example.com', 'ecdh-sha2-nistp521', 'sntrup761x25519-sha512@openssh.com'];
    expect((await agreedWith(sshd, { kex })).kex).toBe('ecdh-sha2-nistp521');
    const ciphers = ['aes256-ctr', 'aes128-gcm@openssh.com'];
    const macs = ['umac-128-etm@openssh.com', 'hmac-sha2-512'];
    expect(await agreedWith(sshd, { ciphers, macs })).toMatchObject({ cipher: 'aes256-ctr', mac: 'hmac-sha2-512' });
  });
});

describe('the cipher', () => {
  const [A128, A256, CHA] = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com'] as const;
  const WITHOUT_AES = { [A128]: 12, [A256]: 16, [CHA]: 2.5 };
  const WITH_AES = { [A128]: 0.6, [A256]: 0.6, [CHA]: 0.8 };
  const cases: readonly { takes?: string; ciphers?: readonly string[]; costs: CipherCosts | null; is: string }[] = [
    { costs: WITH_AES, is: A128 },
    { costs: WITHOUT_AES, is: CHA },
    // The server may have fewer, and ssh_config its own order: then that counts, whatever is faster.
    { takes: CHA, costs: WITH_AES, is: CHA },
    { takes: `${CHA},${A256}`, costs: WITH_AES, is: A256 },
    { takes: 'aes256-ctr', costs: WITHOUT_AES, is: 'aes256-ctr' },
    { takes: `aes128-ctr,${CHA}`, costs: null, is: CHA },
    { ciphers: [CHA, A128], costs: WITH_AES, is: CHA },
    { ciphers: ['aes192-ctr', A128], costs: WITH_AES, is: 'aes192-ctr' },
    { ciphers: [A256, CHA], costs: WITHOUT_AES, is: A256 },
  ];

  test.each(cases)('is $is where the server takes $takes, ssh_config has $ciphers and $costs was measured', async (one) => {
    const sshd = await start('system', one.takes === undefined ? [] : [`Ciphers ${one.takes}`]);
    const asked = one.ciphers === undefined ? {} : { ciphers: one.ciphers };
    expect(await agreedWith(sshd, asked, one.costs)).toMatchObject({ cipher: one.is, told: one.is });
  });

  test('is what this processor suggests before anything was measured, and what really was measured after', async () => {
    const sshd = await start('10');
    const [suggested] = ssh2Tables().DEFAULT_CIPHER;
    expect((await agreedWith(sshd)).cipher).toBe(suggested);
    const costs = await measureCiphers({ clock: systemClock, signal: new AbortController().signal });
    expect((await agreedWith(sshd, {}, costs)).cipher).toBe(orderCiphers([A128, A256, CHA], costs)[0]);
  });
});

describe('SHA-1 and other weak algorithms', () => {
  test.each([
    ['kex', 'KexAlgorithms', 'diffie-hellman-group14-sha1', 'kex'],
    ['ciphers', 'Ciphers', 'aes128-cbc', 'cipher'],
    ['macs', 'MACs', 'hmac-sha1', 'mac'],
  ] as const)('are off, and on where ssh_config names them (%s)', async (list, option, name, kind) => {
    const withCtr = list === 'macs' ? ['Ciphers aes128-ctr'] : [];
    const sshd = await start('system', [`${option} ${name}`, ...withCtr]);
    expect(await problemOfDial(await hopOf(sshd))).toMatchObject({
      code: 'no-common-algorithm',
      facts: { kind, theirs: name, could: name },
    });
    const allowed = await hopOf(sshd, asking({ [list]: ['made-up', name] }));
    expect(await problemOfDial(allowed)).toBe(null);
    expect(await sshReaches(sshd, [`${option}=+${name}`])).toBe(true);
  });

  test('are told where the server has nothing else for a host key', async () => {
    const sshd = await startSshd({ hostKeyTypes: ['rsa'], config: ['HostKeyAlgorithms ssh-rsa'] });
    servers.push(sshd);
    const facts = { kind: 'hostKey', theirs: 'ssh-rsa', could: 'ssh-rsa' };
    expect(await problemOfDial(await hopOf(sshd))).toMatchObject({ code: 'no-common-algorithm', facts });
    expect(await problemOfDial(await hopOf(sshd, asking({ hostKey: ['ssh-rsa'] })))).toBe(null);
  });
});
