import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { importFile } from '../../../src/profiles/import/import-file.ts';

async function read(text: string, name = 'x.toml') {
  const folder = mkdtempSync(join(tmpdir(), 'tunnels-toml-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, name), text);
  return await importFile(join(folder, name), { cwd: '/srv/ann', home: '/home/ann' });
}
const spots = async (text: string): Promise<string[]> => {
  const made = await read(text);
  return made.ok ? [] : made.error.map(({ at, remark }) => `${at?.line}:${at?.column} ${remark.code}`);
};

const BORING = `keep_alive = 60

[[tunnels]]
name = "dev"
local = "9000"
remote = "localhost:9001"
host = "dev-server"

[[tunnels]]
name = "dev-remote"
local = "[::1]:9000"
remote = 9000
host = "10.0.0.1"
mode = "-R"
keep_alive = 0

[[ tunnels ]]
name = "prod"
group = "production"
local = ":1080"
host = "prod.example.com"
user = "root"
port = 2222
identity = "~/.ssh/id_prod"
mode = "SOCKS"
color = "blue"

[[tunnels]]
name = "back"
remote = 1081
host = "dev"
mode = "socks-remote"

[[tunnels]]
name = "unix"
local = "/tmp/serve.sock"
remote = "/tmp/listen.sock"
host = "dev"
mode = "remote"
`;

describe('a file of boring', () => {
  test('has a profile for each of its tunnels', async () => {
    const made = await read(BORING);
    const keepalive = { interval: '60s' };
    expect(made.ok && made.value.map(({ name, document }) => ({ name, ...document }))).toEqual([
      { name: 'dev', hops: ['dev-server'], forwards: [{ local: 9000, to: 'localhost:9001' }], keepalive },
      { name: 'dev-remote', hops: ['10.0.0.1'], forwards: [{ remote: 9000, to: '[::1]:9000' }] },
      {
        name: 'prod',
        groups: ['production'],
        hops: [{ host: 'prod.example.com', user: 'root', port: 2222, identity: '~/.ssh/id_prod' }],
        forwards: [{ dynamic: '*:1080' }],
        keepalive,
      },
      { name: 'back', hops: ['dev'], forwards: [{ remoteDynamic: 1081 }], keepalive },
      { name: 'unix', hops: ['dev'], forwards: [{ remote: '/tmp/listen.sock', to: '/tmp/serve.sock' }], keepalive },
    ]);
    expect(made.ok && made.value.flatMap(({ notes }) => notes.map(({ at, remark }) => `${at?.line} ${remark.code}`))).toEqual([
      '15 keepalive-off',
      '26 not-taken',
    ]);
  });

  test('is refused with the place of everything that is wrong in it', async () => {
    const bad = `[[tunnels]]\nname = "a"\nlocal = 1\nremote = "49712"\nhost = "-oX"\n\n[[tunnels]]\nhost = 5\nmode = "up"\nport = 70000\nlocal = true\n`;
    expect(await spots(bad)).toEqual([
      '5:1 toml-value',
      '4:1 toml-value',
      '7:1 toml-missing',
      '8:1 toml-type',
      '10:1 toml-value',
      '9:1 toml-value',
      '11:1 toml-type',
      '7:1 toml-missing',
    ]);
    expect(await spots('tunnels = []\n')).toEqual(['1:1 no-tunnels']);
    expect(await spots('[[tunnels]]\nname = "a\n')).toEqual(['2:10 toml-syntax']);
  });
});

const MOLE = `type = "local"
verbose = true
insecure = true
source = [":21112", "0.0.0.0:21113"]
destination = ["192.168.33.11:80", "192.168.33.11:8080", ":90"]
server = "mole@127.0.0.1:22122"
key = "keys/key"
keep-alive-interval = "1m30s"
connection-retries = 3
wait-and-retry = "3s"
ssh-agent = "$SSH_AUTH_SOCK"
timeout = "3s"
config = "$HOME/.ssh/config"
rpc = true
rpc-address = "127.0.0.1:0"
`;

describe('an alias of mole', () => {
  test('is a profile of the name of its file', async () => {
    const made = await read(MOLE, 'test-env.toml');
    expect(made.ok && made.value.map(({ name, document }) => ({ name, ...document }))).toEqual([
      {
        name: 'test-env',
        hops: [{ host: '127.0.0.1', user: 'mole', port: 22_122, identity: '/srv/ann/keys/key' }],
        forwards: [
          { local: '127.0.0.1:21112', to: '192.168.33.11:80' },
          { local: '0.0.0.0:21113', to: '192.168.33.11:8080' },
          { local: 0, to: '127.0.0.1:90' },
        ],
        keepalive: { interval: '90s' },
        sshOptions: ['ConnectTimeout=3'],
      },
    ]);
    expect(made.ok && made.value[0]?.notes.map(({ at, remark }) => `${at?.line} ${remark.code}`).toSorted()).toEqual(
      ['3 insecure', '5 no-source', '7 relative-path', '9 retry-limit', '10 retry-limit', '14 no-part'].toSorted(),
    );
  });

  test('of the remote kind listens on the server', async () => {
    const made = await read(
      'type = "remote"\nsource = [":8080"]\ndestination = ["localhost:80"]\nserver = "web"\nconfig = "/etc/x"\nssh-agent = "/run/a"\n',
    );
    expect(made.ok && made.value[0]?.document).toEqual({
      hops: ['web'],
      forwards: [{ remote: '127.0.0.1:8080', to: 'localhost:80' }],
      sshConfig: '/etc/x',
      sshOptions: ['IdentityAgent=/run/a'],
    });
  });

  test('is refused with the place of what is wrong in it', async () => {
    expect(await spots('type = "up"\nsource = "x"\nserver = "a b"\nkeep-alive-interval = "soon"\ntimeout = "3"\n')).toEqual([
      '3:1 toml-value',
      '1:1 toml-value',
      '2:1 toml-type',
      '4:1 toml-value',
      '5:1 toml-value',
    ]);
    expect(await spots('type = "local"\nserver = "web"\n')).toEqual(['1:1 no-forwards']);
  });
});

test('a file that is none of these is told so, whatever it holds', async () => {
  for (const [text, name] of [
    ['hello', 'x.txt'],
    ['a = 1', 'x.toml'],
    ['[Service]\nExecStop=x', 'x.service'],
    ['', 'x'],
  ] as const)
    expect(await read(text, name)).toMatchObject({ ok: false, error: [{ at: { line: 1 }, remark: { code: 'unknown-file' } }] });
  expect(await importFile('/nowhere/x', { cwd: '/', home: '/' })).toMatchObject({ ok: false, error: [{ remark: { code: 'unreadable' } }] });
});
