import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Hop } from '../../../src/model/profile.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { resolveRoute } from '../../../src/ssh/config/resolve-route.ts';
import { Links } from '../../../src/ssh/links/links.ts';
import { freePort } from '../../support/free-port.ts';
import { makeKey } from '../../support/keys.ts';
import { run } from '../../support/run.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir, tempHome } from '../../support/temp-home.ts';

const hopTo = (host: string): Hop => ({ host, user: null, port: null, identity: [], hostKey: [] });
const dir = tempDir();
const configFile = join(dir, 'config');
let sshds: Sshd[];
let heldPorts: number[];

beforeAll(async () => {
  const key = await makeKey(dir);
  sshds = await Promise.all(['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((listen) => startSshd({ listen })));
  for (const sshd of sshds) sshd.authorize(key.publicLine);
  writeFileSync(join(dir, 'known'), sshds.map((sshd) => sshd.knownHostsLine()).join(''));
  heldPorts = await Promise.all([freePort(), freePort(), freePort()]);
  const [local, remote, dynamic] = heldPorts;
  const ssh = `ssh -F ${configFile}`;
  writeFileSync(
    configFile,
    [
      ...sshds.map(({ host, port }, at) => `Host s${at} *-s${at}\n  HostName ${host}\n  Port ${port}`),
      'Host jump-s1\n  ProxyJump s0',
      'Host jump-jump-s2\n  ProxyJump jump-s1',
      'Host list-s2\n  ProxyJump s0,s1',
      'Host nc-s0\n  ProxyCommand nc %h %p',
      `Host w-s1\n  ProxyCommand ${ssh} -W %h:%p s0`,
      'Host mixed-s2\n  ProxyJump nc-s0',
      'Host broken-s0\n  ProxyCommand false',
      'Host bind-s0\n  BindAddress 127.0.0.77',
      'Host badbind-s0\n  BindAddress 192.0.2.77',
      `Host forwards-s0\n  LocalForward ${local} 127.0.0.1:1\n  RemoteForward ${remote} 127.0.0.1:1\n  DynamicForward ${dynamic}`,
      `  PermitLocalCommand yes\n  LocalCommand touch ${dir}/ran\n  ForwardAgent yes\n  ControlMaster auto\n  ControlPath ${dir}/control\n  ForwardX11 yes\n  RemoteCommand touch ${dir}/ran`,
      'Match exec "test %n = matched" host matched\n  HostName 127.0.0.1',
      `Match originalhost matched\n  Port ${sshds[0]!.port}`,
      `Host *\n  User ${sshds[0]!.user}\n  IdentityFile ${key.path}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${dir}/known\n  StrictHostKeyChecking yes`,
    ].join('\n'),
  );
});
afterAll(() => Promise.all(sshds.map((sshd) => sshd.stop())));

async function tunnelsReaches(host: string, { PATH = process.env['PATH'] ?? '' } = {}): Promise<readonly string[] | null> {
  const given = { env: { ...tempHome().env, PATH }, signal: new AbortController().signal };
  const hops = await resolveRoute([hopTo(host)], { configFile, options: [] }, given);
  const links = new Links({ clock: systemClock, onChange: () => {} });
  try {
    const lease = await links.lease({ hops, keepalive: { intervalMs: 5_000, countMax: 3 } }, given.signal);
    const process = await lease.links.at(-1)!.exec('echo $SSH_CONNECTION');
    const said: string[] = [];
    for await (const chunk of process) said.push(String(chunk));
    await lease.release('for-good');
    return said.join('').trim().split(' ');
  } catch {
    return null;
  } finally {
    links.end();
  }
}
const sshReaches = async (host: string): Promise<boolean> =>
  (await run('ssh', ['-F', configFile, '-o', 'BatchMode=yes', host, 'true'])).code === 0;

describe('beside ssh with the same configuration', () => {
  test.each(['s0', 'jump-s1', 'jump-jump-s2', 'list-s2', 'nc-s0', 'w-s1', 'mixed-s2', 'bind-s0', 'matched'])(
    '%s is reached',
    async (host) => {
      const [reached, said] = [await sshReaches(host), await tunnelsReaches(host)];
      expect(reached).toBe(true);
      expect(said).not.toBeNull();
      if (host === 'bind-s0') expect(said?.[0]).toBe('127.0.0.77');
    },
  );

  test.each(['broken-s0', 'badbind-s0'])('%s is not', async (host) => {
    expect([await sshReaches(host), await tunnelsReaches(host)]).toEqual([false, null]);
  });

  test.each(['jump-jump-s2', 'nc-s0', 'mixed-s2', 'bind-s0'])('%s is reached where no ssh is installed as well', async (host) => {
    // Match exec needs ssh itself.
    const text = readFileSync(configFile, 'utf8');
    writeFileSync(configFile, text.replace(/^Match exec.*\n.*\n/m, ''));
    const reached = await tunnelsReaches(host, { PATH: '/nonexistent' });
    writeFileSync(configFile, text);
    expect(reached).not.toBeNull();
  });
});

test('forwards, commands and masters of ssh_config are not pulled in', async () => {
  const given = { env: { ...tempHome().env, PATH: process.env['PATH'] ?? '' }, signal: new AbortController().signal };
  const hops = await resolveRoute([hopTo('forwards-s0')], { configFile, options: [] }, given);
  const links = new Links({ clock: systemClock, onChange: () => {} });
  const lease = await links.lease({ hops, keepalive: { intervalMs: 5_000, countMax: 3 } }, given.signal);
  await lease.links[0]!.ping();
  for (const port of heldPorts) await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const seen = await readdir(dir);
  expect(seen.filter((name) => name === 'ran' || name.startsWith('control'))).toEqual([]);
  expect(sshds[0]!.log()).not.toMatch(/tcpip-forward|auth-agent-req|x11-req/);
  await lease.release('for-good');
  links.end();
});
