import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Hop } from '../../../src/model/profile.ts';
import { ProblemError } from '../../../src/model/problem.ts';
import { parseAnswer, splitPaths } from '../../../src/ssh/config/answer.ts';
import { matchesPatterns } from '../../../src/model/host-patterns.ts';
import { readJumps } from '../../../src/ssh/config/jumps.ts';
import { withoutDefaults } from '../../../src/ssh/config/algorithm-lists.ts';
import { toResolvedHop } from '../../../src/ssh/config/to-resolved-hop.ts';
import { wayOf } from '../../../src/ssh/config/way-of.ts';

const hop: Hop = { host: 'h', user: null, port: null, identity: [], hostKey: [] };
const user = { name: 'ann', uid: 1000, home: '/home/ann', accountHome: '/home/ann', hostname: 'here.example.com' };
const resolve = (text: string, over: { hop?: Partial<Hop>; env?: Record<string, string>; home?: string } = {}) =>
  toResolvedHop({ ...hop, ...over.hop }, parseAnswer(text), { env: over.env ?? {}, user: { ...user, home: over.home ?? user.home } });
const detailOf = (text: string): string => {
  try {
    resolve(text);
  } catch (error) {
    if (error instanceof ProblemError && error.problem.code === 'ssh-config-invalid') return error.problem.facts.detail;
    throw error;
  }
  return 'accepted';
};

describe('what ssh -G prints', () => {
  test('keywords may come several times, values keep their spaces, other lines are passed over', () => {
    const answer = parseAnswer('identityfile ~/a b\r\nIdentityFile ~/c\n\nnonsense\n=\n  x y\n');
    expect([...answer]).toEqual([['identityfile', ['~/a b', '~/c']]]);
  });

  test('a list of paths is split where a path begins, not at each space', () => {
    expect(splitPaths('/a b/known /c ~/d %d/e none')).toEqual(['/a b/known', '/c', '~/d', '%d/e', 'none']);
  });

  test('nothing that it could print makes us crash: it is a hop, or a problem', () => {
    const keys = [
      'port',
      'hostname',
      'user',
      'identityfile',
      'identityagent',
      'userknownhostsfile',
      'connecttimeout',
      'proxyjump',
      'hostkeyalias',
      'preferredauthentications',
      'pubkeyauthentication',
      'batchmode',
      'certificatefile',
      'requiredrsasize',
      'stricthostkeychecking',
      'updatehostkeys',
      'revokedhostkeys',
      'knownhostscommand',
      'kexalgorithms',
      'macs',
      'rekeylimit',
      'proxycommand',
      'proxyusefdpass',
      'bindaddress',
    ];
    const line = fc.tuple(
      fc.constantFrom(...keys),
      fc.oneof(
        fc.string(),
        fc.constantFrom(
          'none',
          '%',
          '%z',
          '%h %n %%',
          '${X',
          '${X}',
          '~',
          '$',
          '99999',
          '-1',
          'yes',
          '+a',
          '-*',
          '^',
          'a,,b',
          '1G 1h',
          'nc %h',
        ),
      ),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.map(([key, value]) => `${key} ${value}\n`).join('');
        try {
          const resolved = resolve(text);
          readJumps(hop, parseAnswer(text).get('proxyjump')?.[0], resolved);
          const { command } = wayOf({ hop, answer: parseAnswer(text) }, resolved, {});
          // What a hostile file puts into a name must not come out of it as a command.
          if (/^nc %h$/.test(parseAnswer(text).get('proxycommand')?.[0] ?? '')) expect(command).not.toMatch(/[;&|`$()<>]/);
          expect(resolved.port).toBeGreaterThan(0);
          // No MAC may be left, as a cipher may bring its own; of the others there must be one.
          const { macs: _, ...needed } = resolved.algorithms;
          for (const list of Object.values(needed)) expect(list).not.toEqual([]);
          expect(resolved.identities.every(({ path }) => path.startsWith('/'))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ProblemError);
        }
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => parseAnswer(text).size >= 0));
  });
});

describe('a list of the installed ssh', () => {
  const said = (theirs: string, own: string): string | undefined =>
    withoutDefaults(parseAnswer(`macs ${own}\n`), parseAnswer(`macs ${theirs}\n`)).get('macs')?.[0];

  test.each([
    ['a,b,c', undefined],
    ['a,b,c,x,y', '+x,y'],
    ['x,a,b,c', '^x'],
    ['c,a,b', '^c'],
    ['a,c', 'a,c'],
    ['c,b,a', '^c,b'],
    ['x', 'x'],
    // `-*`: nothing is left, which is not nothing said.
    ['', ''],
  ])('a,b,c that has become %s is %s', (own, expected) => {
    expect(said('a,b,c', own)).toBe(expected);
  });

  test('that has been changed is the same change of another list, whatever the lists', () => {
    const names = fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { minLength: 1 });
    fc.assert(
      fc.property(names, names, fc.boolean(), (theirs, named, first) => {
        const rest = theirs.filter((name) => !named.includes(name));
        const own = first ? [...named, ...rest] : [...theirs, ...named.filter((name) => !theirs.includes(name))];
        const change = said(theirs.join(','), own.join(','));
        const list =
          change === undefined ? theirs : change.startsWith('^') || change.startsWith('+') ? apply(change, theirs) : change.split(',');
        expect(list).toEqual(own);
      }),
    );
  });
});

const apply = (change: string, list: readonly string[]): string[] => {
  const named = change.slice(1).split(',');
  return change.startsWith('^') ? [...named, ...list.filter((name) => !named.includes(name))] : [...list, ...named];
};

describe('a resolved hop', () => {
  test('has what the profile says before what ssh_config says', () => {
    const config = 'user bob\nport 2200\nhostname real.example.com\nidentityfile ~/theirs\n';
    expect(resolve(config)).toMatchObject({ name: 'h', user: 'bob', port: 2200, host: 'real.example.com' });
    expect(resolve(config, { hop: { user: 'ann', port: 22, identity: ['~/mine', '/abs 100%'] } })).toMatchObject({
      user: 'ann',
      port: 22,
      identities: [
        { path: '/home/ann/mine', required: true },
        { path: '/abs 100%', required: true },
      ],
    });
  });

  test('expands the tokens, variables and tildes that ssh -G leaves', () => {
    const text =
      'hostname H.x\nuser bob\nport 23\nhostkeyalias Al\nidentityfile %d/%h_%n_%p_%r_%u_%L_%l_%i_%k_%%h/${V}\nidentityfile rel\n';
    expect(resolve(text, { env: { V: 'val' } }).identities.map(({ path }) => path)).toEqual([
      '/home/ann/H.x_h_23_bob_ann_here_here.example.com_1000_al_%h/val',
      '/home/ann/rel',
    ]);
  });

  test.each([
    ['identityfile ~/%C', 'the path ~/%C has %C, which is not supported.'],
    ['identityfile ~/a%', 'the path ~/a% has %, which is not supported.'],
    ['identityfile /x/${NOPE}', 'the path /x/${NOPE} needs the variable NOPE, which is not set.'],
    ['userknownhostsfile ~bob/x', 'the path ~bob/x names the home of another user.'],
    ['port 0', 'its Port is 0, which is not a port.'],
  ])('%s is an error', (text, detail) => {
    expect(detailOf(text)).toBe(detail);
  });

  test.each(['localforward 80 a:80', 'remoteforward 80 a:80', 'dynamicforward 1080', 'forwardagent yes', 'controlmaster auto'])(
    '%s is passed over',
    (text) => {
      expect(detailOf(text)).toBe('accepted');
    },
  );

  test('knows the agent by IdentityAgent', () => {
    const env = { SSH_AUTH_SOCK: '/run/agent', OTHER: '/run/other' };
    const agent = (value: string) => resolve(value === '' ? '' : `identityagent ${value}`, { env }).agent;
    expect([agent(''), agent('SSH_AUTH_SOCK'), agent('none'), agent('$OTHER'), agent('$UNSET'), agent('~/a b')]).toEqual([
      '/run/agent',
      '/run/agent',
      null,
      '/run/other',
      null,
      '/home/ann/a b',
    ]);
    expect(resolve('', { env: { SSH_AUTH_SOCK: '' } }).agent).toBeNull();
  });

  test('misses named keys and does not miss the ones that ssh looks for by itself', () => {
    const defaults = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519'].map((name) => `identityfile ~/.ssh/${name}\n`);
    expect(resolve(defaults.join('')).identities.map(({ required }) => required)).toEqual([false, false, false, false]);
    expect(resolve('').identities.every(({ required }) => !required)).toBe(true);
    expect(resolve('identityfile ~/.ssh/id_ed25519').identities).toEqual([{ path: '/home/ann/.ssh/id_ed25519', required: true }]);
    expect(resolve('identityfile none').identities).toEqual([]);
  });

  test('takes ~/.ssh to be under $HOME though ssh expanded it to the account', () => {
    const text = 'userknownhostsfile /home/ann/.ssh/known_hosts /home/annette/.ssh/k\nglobalknownhostsfile none\n';
    const { knownHosts } = resolve(text, { home: '/tmp/other' });
    expect(knownHosts).toEqual({
      alias: null,
      userFiles: ['/tmp/other/.ssh/known_hosts', '/home/annette/.ssh/k'],
      systemFiles: [],
      pins: [],
    });
  });

  test('waits 10 s for a connection where nothing is said', () => {
    expect([resolve(''), resolve('connecttimeout none'), resolve('connecttimeout 3')].map((h) => h.connectTimeoutMs)).toEqual([
      10_000, 10_000, 3000,
    ]);
  });
});

describe('ProxyJump', () => {
  const jumps = (text: string) => readJumps(hop, text, resolve('hostname real\nuser bob\nport 23'));
  const jump = (host: string, user: string | null = null, port: number | null = null): Hop => ({
    host,
    user,
    port,
    identity: [],
    hostKey: [],
  });

  test('names hops in dialling order', () => {
    expect(jumps('a@b:22,ssh://c@[::1]:33/, d')).toEqual([jump('b', 'a', 22), jump('::1', 'c', 33), jump('d')]);
    expect(jumps('none')).toEqual([]);
    expect(jumps('u@x@h,jump-%h.%r:%p')).toEqual([jump('h', 'u@x'), jump('jump-real.bob', null, 23)]);
    expect(jumps('fe80::1%eth0')).toEqual([jump('fe80::1%eth0')]);
  });

  test.each(['', 'a,,b', '-oProxyCommand=x', 'u@', 'a:0', 'a:99999', 'a b', '-l@h', 'a/b', '[]:22'])('%j is an error', (text) => {
    expect(() => jumps(text)).toThrow(ProblemError);
  });
});

test('patterns agree with a naive matcher', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 6 });
  const naive = (p: string): RegExp => new RegExp(`^${p.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`);
  fc.assert(fc.property(text, pattern, (t, p) => matchesPatterns(t, [p]) === naive(p).test(t)));
});
