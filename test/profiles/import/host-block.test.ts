import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { importHost } from '../../../src/profiles/import/host-block.ts';

function home(config: string, others: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'tunnels-host-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, '.ssh'));
  for (const [name, text] of Object.entries({ config, ...others })) writeFileSync(join(folder, '.ssh', name), text);
  return folder;
}
const from = (folder: string, configFile: string | null = null) => ({ cwd: folder, home: folder, configFile });

const CONFIG = `
Host *.example.com bastion
  LocalForward 8080 db:80
  LocalForward=127.0.0.1:8081 [::1]:81
  RemoteForward 9000
  User ann
Host "bastion"
  RemoteForward [*]:9001 localhost:22 # a comment
  DynamicForward 1080
  ServerAliveInterval 20
Host !bastion *
  LocalForward 1 not:1
match originalhost bastion host b*
  LocalForward /run/a.sock /run/b.sock
Match all
  LocalForward 8083 db:83
  Port 2222
`;

describe('a Host of ssh_config', () => {
  test('gives the forwards of every block that holds for it, and stays the name of the hop', async () => {
    const made = await importHost('bastion', from(home(CONFIG)));
    expect(made).toMatchObject({ ok: true, value: [{ name: 'bastion', notes: [] }] });
    expect(made.ok && made.value[0]?.document).toEqual({
      hops: ['bastion'],
      forwards: [
        { local: 8080, to: 'db:80' },
        { local: '127.0.0.1:8081', to: '[::1]:81' },
        { remoteDynamic: 9000 },
        { remote: '*:9001', to: 'localhost:22' },
        { dynamic: 1080 },
        { local: '/run/a.sock', to: '/run/b.sock' },
        { local: 8083, to: 'db:83' },
      ],
      keepalive: { interval: '20s' },
    });
  });

  test('has as many forwards as ssh itself finds', async () => {
    const folder = home(CONFIG);
    const said = execFileSync('ssh', ['-G', '-F', join(folder, '.ssh', 'config'), 'bastion'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
    const made = await importHost('bastion', from(folder));
    // Of a forward from a socket to a socket it prints a DynamicForward as well, which is none.
    const forwards = made.ok ? (made.value[0]?.document['forwards'] as unknown[]) : [];
    expect(forwards).toHaveLength(said.split('\n').filter((line) => /^(localforward|remoteforward|dynamicforward \d)/.test(line)).length);
  });

  test('is read from another file, which the profile then names, and from what that includes', async () => {
    const folder = home('', { other: 'Include part*\n', 'part-1': 'Host web\n  LocalForward 1 h:1\n', '.part': 'LocalForward 2 h:2\n' });
    const made = await importHost('web', from(folder, '.ssh/other'));
    expect(made.ok && made.value[0]?.document).toEqual({
      hops: ['web'],
      forwards: [{ local: 1, to: 'h:1' }],
      sshConfig: join(folder, '.ssh', 'other'),
    });
  });

  test('runs nothing to find out: a Match exec is passed over and told', async () => {
    const folder = home('');
    const trace = join(folder, 'ran');
    writeFileSync(join(folder, '.ssh', 'config'), `Match exec "touch ${trace}"\n  LocalForward 2 h:2\nHost web\n  LocalForward 1 h:1\n`);
    const made = await importHost('web', from(folder));
    expect(made).toMatchObject({
      ok: true,
      value: [{ document: { forwards: [{ local: 1 }] }, notes: [{ at: { line: 1, column: 1 }, remark: { code: 'match-exec' } }] }],
    });
    expect(existsSync(trace)).toBe(false);
  });

  test('that is a pattern, an option, or has no forwards is refused', async () => {
    const folder = home('Host web\n  Port 1\n  LocalForwards 1 h:1\n');
    for (const host of ['*', '-oProxyCommand=id', 'web']) expect(await importHost(host, from(folder))).toMatchObject({ ok: false });
  });

  test('with a forward that is none is refused with file, line and column', async () => {
    const folder = home('Host web\n  LocalForward 1 h:0\n\tRemoteForward x\n');
    expect(await importHost('web', from(folder))).toMatchObject({
      ok: false,
      error: [
        { at: { file: join(folder, '.ssh', 'config'), line: 2, column: 3 }, remark: { code: 'bad-spec' } },
        { at: { line: 3, column: 2 }, remark: { code: 'bad-spec' } },
      ],
    });
  });

  test('of a file that is not there is refused; of an include that is not there is not', async () => {
    const folder = home('Include gone\nInclude loop\nHost web\n  LocalForward 1 h:1\n', { loop: 'Include loop\n' });
    expect(await importHost('web', from(folder, 'nowhere'))).toMatchObject({ ok: false, error: [{ remark: { code: 'unreadable' } }] });
    expect(await importHost('web', from(folder))).toMatchObject({ ok: true, value: [{ notes: [{ remark: { code: 'include-deep' } }] }] });
  });
});
