import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Deed } from '../../src/model/deeds/deed.ts';
import { reasonsOfDeed, wordsOfDeed } from '../../src/model/deeds/deed-words.ts';
import { deedsOf } from '../../src/model/deeds/deeds-of.ts';
import { diffDeeds } from '../../src/model/deeds/diff-deeds.ts';
import { visible } from '../../src/model/visible.ts';

const fingerprint = (key: string): string => `SHA256:${key}`;
const LOCAL = { name: 'pg', local: 15432, to: 'db:5432' };
const REMOTE = { name: 'r', remote: 8080, to: 'localhost:3000' };
const document = (changes: object = {}) => ({ hops: ['ann@bastion:2222', 'gw'], forwards: [LOCAL], ...changes });
const all = (changes: object = {}): readonly Deed[] => deedsOf(document(changes), fingerprint) ?? [];
const flagged = (changes: object): string[] =>
  all(changes).flatMap(({ danger, reasons }) => (danger === 'none' ? [] : [`${danger} ${reasons.join(' ')}`]));
const ofForward = (forward: object): string[] => flagged({ forwards: [{ name: 'f', ...forward }] });

describe('what a profile does', () => {
  test('is told in plain words: who logs in where, what listens, and what leads where', () => {
    const forwards = [LOCAL, { name: 'hook', remote: 8080, on: 'bastion', to: 'localhost:3000' }, { name: 'socks', dynamic: 1080 }];
    const document = { description: 'Ours', forwards, hops: ['ann@bastion:2222', { host: 'gw', identity: '~/.ssh/k' }], idle: undefined };
    expect(deedsOf({ description: document.description, forwards, hops: document.hops }, fingerprint)?.map(wordsOfDeed)).toEqual([
      'logs you in on bastion as ann, port 2222',
      'logs you in on gw as whom your ssh_config says, through ann@bastion:2222',
      'offers your key ~/.ssh/k to gw',
      'pg: listens on this machine at 127.0.0.1:15432 and leads to db:5432, reached from gw',
      'hook: makes localhost:3000, as this machine reaches it, reachable at 127.0.0.1:8080 on bastion',
      'socks: listens on this machine at 127.0.0.1:1080 as a SOCKS proxy into the network of gw',
      'description: Ours',
    ]);
  });

  test('is unknown of what is no profile', () => {
    expect(deedsOf({ hops: [] }, fingerprint)).toBeNull();
    expect(deedsOf('text', fingerprint)).toBeNull();
  });

  test.each<[string, object, string[]]>([
    ['a port here', LOCAL, []],
    ['a port of every address here', { local: '0.0.0.0:15432', to: 'db:5432' }, ['danger public']],
    ['the same in IPv6', { local: '[::]:15432', to: 'db:5432' }, ['danger public']],
    ['the same with a star', { dynamic: '*:1080' }, ['danger public']],
    ['a loopback address in IPv6', { dynamic: '[::1]:1080' }, []],
    ['another loopback address', { dynamic: '127.8.9.1:1080' }, []],
    ['a name, which may be any address', { local: 'me.example:1', to: 'db:5432' }, ['danger public']],
    ['a socket here', { local: '/run/me.sock', to: 'db:5432' }, []],
    ['a port of a hop', { remote: 8080, to: 'localhost:3000' }, []],
    ['a port of every address of a hop', { remote: '0.0.0.0:8080', to: 'localhost:3000' }, ['danger public']],
    ['one that the server may widen', { remote: 8080, to: 'localhost:3000', public: true }, ['danger widened']],
    ['a database of this machine', { remote: 8080, to: '127.0.0.1:5432' }, ['caution sensitive-service']],
    ['a login to this machine', { remote: 8080, to: 'localhost:22' }, ['caution sensitive-service']],
    ['Docker over TCP', { remote: 8080, to: 'localhost:2375' }, ['danger control-socket']],
    ["Docker's socket", { remote: 8080, to: '/var/run/docker.sock' }, ['danger control-socket']],
    ["an agent's socket", { remote: '/tmp/a', to: '/run/user/1000/keyring/agent' }, ['danger control-socket']],
    ['a machine beside this one', { remote: 8080, to: 'intranet:8443' }, ['caution beyond-this-machine']],
    ['what gives out the keys of a machine in a cloud', { remote: 8080, to: '169.254.169.254:80' }, ['danger cloud-keys']],
    ['the same by its name', { remote: 8080, to: 'Metadata.google.internal.:80' }, ['danger cloud-keys']],
    ['the same of a hop, which is not of this machine', { local: 8080, to: '169.254.169.254:80' }, []],
    ['what lies behind a hop', { remote: 8080, on: 'bastion', to: 'db:5432', from: 'gw' }, []],
    ['SOCKS on a hop', { remoteDynamic: 1081 }, ['danger socks-there']],
    ['SOCKS on a hop into the network of another', { remoteDynamic: 1081, on: 'bastion', from: 'gw' }, ['danger socks-there']],
    ['a target with letters of another script', { local: 1234, to: 'dаtabase:5432' }, ['danger look-alike']],
  ])('of %s', (_title, forward, expected) => {
    expect(ofForward(forward)).toEqual(expected);
  });

  test.each<[string, string[]]>([
    ['ConnectTimeout=5', []],
    ['Compression yes', []],
    ['StrictHostKeyChecking=yes', []],
    ['StrictHostKeyChecking=no', ['danger weakens-trust']],
    ['stricthostkeychecking accept-new', ['danger weakens-trust']],
    ['UserKnownHostsFile=/dev/null', ['danger weakens-trust']],
    ['ProxyCommand=sh -c evil', ['danger runs-command']],
    ['ProxyCommand=none', []],
    ['PermitLocalCommand=yes', ['danger runs-command']],
    ['KnownHostsCommand=/tmp/x', ['danger runs-command']],
    ['Match=exec "evil"', ['danger runs-command']],
    ['Include=/tmp/x', ['danger reads-config']],
    ['HostName=evil.example', ['danger leads-elsewhere']],
    ['ProxyJump=evil.example', ['danger leads-elsewhere']],
    ['IdentityFile=~/.ssh/other', ['danger gives-keys']],
    ['ForwardAgent=yes', ['danger gives-keys']],
    ['Ciphers=3des-cbc', ['caution weaker-choice']],
    ['SomethingNew=1', ['caution option-unknown']],
    ['constructor=1', ['caution option-unknown']],
  ])('of the setting %s', (option, expected) => {
    expect(flagged({ sshOptions: [option] })).toEqual(expected);
  });

  test('counts an ssh_config of its own, an administrator and a key from elsewhere', () => {
    expect(flagged({ sshConfig: '/etc/x' })).toEqual(['danger reads-config']);
    expect(flagged({ sshConfig: 'none' })).toEqual([]);
    expect(flagged({ hops: ['root@gw'] })).toEqual(['caution administrator']);
    const key = (identity: string) => flagged({ hops: [{ host: 'gw', identity }] });
    expect([key('/home/ann/.ssh/id'), key('keys/team'), key('~/.ssh/../x')]).toEqual([
      [],
      ['caution other-key-file'],
      ['caution other-key-file'],
    ]);
  });

  test('names the server that is really asked for where letters look like others', () => {
    const [login] = all({ hops: ['ann@bаstion.example'] });
    expect(login && [wordsOfDeed(login), login.danger]).toEqual([
      'logs you in on bаstion.example (xn--bstion-3nf.example) as ann',
      'danger',
    ]);
    expect(login && reasonsOfDeed(login).join()).toContain('letters');
    expect(flagged({ hops: ['xn--bstion-2nf.example'] })).toEqual(['danger look-alike']);
    expect(flagged({ hops: ['bastion.xn--p1ai'] })).toEqual(['danger look-alike']);
  });

  test('never acts on a terminal nor stays unseen, whatever the profile says', () => {
    const [seen] = all({ description: 'good\u001b[2J\u202eevil\u200b\u3164\r\n! trusted' }).slice(-1);
    expect(seen && wordsOfDeed(seen)).toBe('description: good\\u{1b}[2J\\u{202e}evil\\u{200b}\\u{3164}\\u{d}\\u{a}! trusted');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(visible(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
    );
  });
});

describe('the difference between two versions of a profile', () => {
  const changes = (before: object, after: object): string[] =>
    diffDeeds(all(before), all(after))
      .filter(({ is }) => is !== 'same')
      .map(({ is, danger, deed }) => `${is} ${danger} ${wordsOfDeed(deed)}`);

  test.each<[string, object, object, string[]]>([
    ['none', {}, {}, []],
    ['where something is written is none', { forwards: [LOCAL, { dynamic: 1 }] }, { forwards: [{ dynamic: 1 }, LOCAL] }, []],
    [
      'a forward that is new',
      {},
      { forwards: [LOCAL, { name: 'all', dynamic: '0.0.0.0:1080' }] },
      ['added danger all: listens on this machine at 0.0.0.0:1080 as a SOCKS proxy into the network of gw'],
    ],
    [
      'a forward that leads elsewhere',
      {},
      { forwards: [{ ...LOCAL, to: 'evil:5432' }] },
      ['changed none pg: listens on this machine at 127.0.0.1:15432 and leads to evil:5432, reached from gw'],
    ],
    [
      'a hop in front',
      { hops: ['gw'] },
      { hops: ['evil', 'gw'] },
      [
        'added caution logs you in on evil as whom your ssh_config says',
        'changed caution logs you in on gw as whom your ssh_config says, through evil',
      ],
    ],
    [
      'another hop',
      { hops: ['gw'] },
      { hops: ['gvv'], forwards: [{ ...LOCAL, from: 'local' }] },
      [
        'added caution logs you in on gvv as whom your ssh_config says',
        'changed none pg: listens on this machine at 127.0.0.1:15432 and leads to db:5432, reached from this machine',
        'removed none logs you in on gw as whom your ssh_config says',
      ],
    ],
    [
      'a pin that is gone',
      { hops: [{ host: 'gw', hostKey: `SHA256:${'a'.repeat(43)}` }] },
      { hops: [{ host: 'gw' }] },
      [`removed caution accepts of gw only the host key, or authority, SHA256:${'a'.repeat(43)}`],
    ],
    [
      'public alone',
      { forwards: [REMOTE] },
      { forwards: [{ ...REMOTE, public: true }] },
      ['changed danger r: makes localhost:3000, as this machine reaches it, reachable at 127.0.0.1:8080 on gw'],
    ],
    ['a setting', { hold: '5s' }, { hold: '9s', description: 'New' }, ['added none description: New', 'changed none hold: 9s']],
    [
      'the same hop twice',
      { hops: ['a', 'b'] },
      { hops: ['a', 'b', 'ann@a'], forwards: [{ ...LOCAL, from: 'b' }] },
      ['added caution logs you in on a as ann, through a, then b'],
    ],
  ])('%s', (_title, before, after, expected) => {
    expect(changes(before, after)).toEqual(expected);
  });

  test('is everything in one direction where it is nothing in none', () => {
    const one = all();
    expect(diffDeeds([], one).every(({ is }) => is === 'added')).toBe(true);
    expect(diffDeeds(one, []).every(({ is }) => is === 'removed')).toBe(true);
    expect(diffDeeds(one, one).every(({ is }) => is === 'same')).toBe(true);
  });
});
