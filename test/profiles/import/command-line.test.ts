import { describe, expect, test } from 'vitest';
import { importCommand, importCommandText } from '../../../src/profiles/import/command-line.ts';
import type { Imported } from '../../../src/profiles/import/imported.ts';

const FROM = { cwd: '/srv/ann', home: '/home/ann' };

function imported(line: string): Imported {
  const made = importCommandText(line, FROM);
  if (!made.ok || made.value[0] === undefined) throw new Error(`${line}: ${JSON.stringify(made)}`);
  return made.value[0];
}
const codesOf = ({ notes }: Imported): string[] => notes.map(({ remark }) => remark.code);
const faultsOf = (line: string): string[] => {
  const made = importCommandText(line, FROM);
  return made.ok ? [] : made.error.map(({ remark }) => remark.code);
};

describe('a command line of ssh', () => {
  test.each<[string, object]>([
    ['ssh -N -L 8080:db:80 web', { hops: ['web'], forwards: [{ local: 8080, to: 'db:80' }] }],
    ['ssh -NfTL8080:db:80 ann@web', { hops: ['ann@web'], forwards: [{ local: 8080, to: 'db:80' }] }],
    ['/usr/bin/ssh web -p 2222 -L 1:h:1', { hops: ['web:2222'], forwards: [{ local: 1, to: 'h:1' }] }],
    [
      'ssh -D 1080 -R 0 -R *:81:h:1 ssh://ann@web:23',
      {
        hops: ['ann@web:23'],
        forwards: [{ dynamic: 1080 }, { remoteDynamic: 0 }, { remote: '*:81', to: 'h:1' }],
      },
    ],
    ['ssh -L 1:h:1 -J a,ann@[::1]:23 -l bob web', { hops: ['a', 'ann@[::1]:23', 'bob@web'], forwards: [{ local: 1, to: 'h:1' }] }],
    [
      'ssh -L 1:h:1 -i ~/.ssh/k -i keys/k%%2 -p 23 web',
      {
        hops: [{ host: 'web', port: 23, identity: ['~/.ssh/k', '/srv/ann/keys/k%2'] }],
        forwards: [{ local: 1, to: 'h:1' }],
      },
    ],
    ['ssh -i %d/k -L 1:h:1 web', { hops: [{ host: 'web', identity: '~/k' }], forwards: [{ local: 1, to: 'h:1' }] }],
    [
      'ssh -L ./a.sock:/run/b.sock -R /run/c.sock:d.sock/e web',
      {
        hops: ['web'],
        forwards: [
          { local: '/srv/ann/a.sock', to: '/run/b.sock' },
          { remote: '/run/c.sock', to: '/srv/ann/d.sock/e' },
        ],
      },
    ],
    [
      'ssh -g -L 1:h:1 -L localhost:2:h:2 -D 3 web',
      {
        hops: ['web'],
        forwards: [{ local: '*:1', to: 'h:1' }, { local: 'localhost:2', to: 'h:2' }, { dynamic: '*:3' }],
      },
    ],
    [
      'ssh -4 -b 10.0.0.1 -B eth0 -c aes128-ctr -m hmac-sha2-256 -L 1:h:1 web',
      {
        hops: ['web'],
        forwards: [{ local: 1, to: 'h:1' }],
        sshOptions: ['AddressFamily=inet', 'BindAddress=10.0.0.1', 'BindInterface=eth0', 'Ciphers=aes128-ctr', 'MACs=hmac-sha2-256'],
      },
    ],
    [
      `ssh -F conf/x -o 'LocalForward 8080 h:80' -oUser=ann -o "Port = 23" -o ProxyJump=a web`,
      {
        hops: ['a', 'ann@web:23'],
        forwards: [{ local: 8080, to: 'h:80' }],
        sshConfig: '/srv/ann/conf/x',
      },
    ],
    [
      'ssh -F none -L 1:h:1 -o ServerAliveInterval=1m30s -o ServerAliveCountMax=5 -o ExitOnForwardFailure=yes -o ConnectTimeout=5 web',
      {
        hops: ['web'],
        forwards: [{ local: 1, to: 'h:1' }],
        keepalive: { interval: '90s', countMax: 5 },
        sshConfig: 'none',
        sshOptions: ['ConnectTimeout=5'],
      },
    ],
    ['ssh -L 1:h:1 -- web', { hops: ['web'], forwards: [{ local: 1, to: 'h:1' }] }],
    ['exec nohup ssh -L 1:h:1 web', { hops: ['web'], forwards: [{ local: 1, to: 'h:1' }] }],
  ])('%s', (line, document) => {
    const made = imported(line);
    expect(made.document).toEqual(document);
    expect(made.notes).toEqual([]);
    expect(made.name).toBe('web');
  });

  test.each<[string, string[]]>([
    [
      'ssh -A -X -t -K -E log -e none -S none -M -L 1:h:1 web',
      ['no-part', 'no-part', 'no-part', 'no-part', 'no-part', 'no-part', 'no-part', 'no-part'],
    ],
    ['ssh -C -I /lib/p.so -L 1:h:1 web', ['not-taken', 'not-taken']],
    ['ssh -w 0:0 -W h:1 -L 1:h:1 web', ['cannot-do', 'cannot-do']],
    ['ssh -L 1:h:1 web sleep 9999', ['command-not-run']],
    ['ssh -L 1:h:1 web -N -- sleep 9999', ['command-not-run']],
    ['ssh -l bob -L 1:h:1 ann@web', ['said-before']],
    ['ssh -p 1 -p 2 -L 1:h:1 web', ['said-before']],
    ['ssh -o ProxyCommand=x -J a -L 1:h:1 web', ['said-before']],
    ['ssh -o Tunnel=yes -o Compression=yes -L 1:h:1 web', ['not-taken', 'not-taken']],
    ['ssh -i %h.key -i ~bob/k -i k${X} -L 1:h:1 web'.replace('k${X}', "'k${X}'"), ['path-token', 'path-token', 'path-token']],
    ['ssh -L /run/%h.sock:h:1 -L 1:h:1 web', ['path-token']],
    ['ssh -o ServerAliveInterval=0 -o ServerAliveCountMax=0 -L 1:h:1 web', ['keepalive-off', 'keepalive-range']],
    ['SSH_AUTH_SOCK=/x ssh -L 1:h:1 web &', ['background', 'no-part']],
  ])('tells what stays behind: %s', (line, codes) => {
    expect(codesOf(imported(line)).toSorted()).toEqual(codes.toSorted());
  });

  test.each<[string, string]>([
    ['ssh -N web', 'no-forwards'],
    ['ssh -L 1:h:1', 'no-destination'],
    ['ssh -L', 'value-missing'],
    ['ssh -L 1:h web', 'bad-spec'],
    ['ssh -L 99999:h:1 web', 'bad-spec'],
    ['ssh -L 1:h:1 -- -oProxyCommand=id', 'bad-destination'],
    ['ssh -L 1:-h:1 web', 'bad-spec'],
    ['ssh -L 1:h:1 "a;b"', 'bad-destination'],
    ['ssh -L 1:h:1 -J "-oX" web', 'bad-jumps'],
    ['ssh -L 1:h:1 -l -x web', 'bad-user'],
    ['ssh -L 1:h:1 -p 0 web', 'bad-port'],
    ['ssh -L 1:h:1 -o x web', 'bad-option'],
    ['ssh -L 1:h:1 -Z web', 'bad-flag'],
    ['ssh -L 1:h:1 --force web', 'bad-flag'],
    ['ssh -G -L 1:h:1 web', 'no-connection'],
    ['ssh -L /%h:h:1 web', 'path-token'],
    ['scp a b', 'not-ssh'],
    ['sudo ssh -L 1:h:1 web', 'not-ssh'],
    ['', 'not-ssh'],
    ['ssh -L 1:h:1 $HOST', 'shell-syntax'],
    ['ssh -L 1:h:1 "`id`"', 'shell-syntax'],
    ['ssh -L 1:h:1 web; id', 'shell-syntax'],
    ['ssh -L 1:h:1 web | cat', 'shell-syntax'],
    ['ssh -L 1:h:1 web > log', 'shell-syntax'],
    ['ssh -L 1:h:1 $(id)', 'shell-syntax'],
    ['ssh -L 1:h:1 "web', 'open-quote'],
  ])('is refused: %s', (line, code) => {
    expect(faultsOf(line)).toContain(code);
  });

  test('gets all that is wrong with it at once', () => {
    expect(faultsOf('ssh -L 1:h -R x:y:z:0 -p 0 -J a@ web').toSorted()).toEqual(['bad-jumps', 'bad-port', 'bad-spec', 'bad-spec']);
  });

  test('as words keeps what a shell has made of them', () => {
    const words = ['ssh', '-L', '/tmp/a b.sock:h:1', 'web'].map((text) => ({ text, at: null }));
    expect(importCommand(words, FROM)).toMatchObject({
      ok: true,
      value: [{ document: { forwards: [{ local: '/tmp/a b.sock', to: 'h:1' }] } }],
    });
  });
});

describe('a command line of autossh', () => {
  test('is that of ssh without the port that it watches and the variables that steer it', () => {
    const made = imported('AUTOSSH_GATETIME=0 AUTOSSH_POLL=30 autossh -M 20000 -f -N -R 9000:localhost:22 web');
    expect(made.document).toEqual({ hops: ['web'], forwards: [{ remote: 9000, to: 'localhost:22' }] });
    expect(codesOf(made)).toEqual(['autossh-variable', 'autossh-variable', 'monitor-port']);
  });

  test('with -M 0 leaves nothing to tell', () => {
    expect(codesOf(imported('autossh -M0 -N -R 9000:localhost:22 web'))).toEqual([]);
    expect(codesOf(imported('autossh -M 0 -N -R 9000:localhost:22 web'))).toEqual([]);
  });

  test('of ssh itself -M takes no value', () => {
    expect(faultsOf('ssh -M 0 -N -R 9000:localhost:22 web')).toEqual([]);
    expect(imported('ssh -M -N -R 9000:localhost:22 web').name).toBe('web');
  });
});
