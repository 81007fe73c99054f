import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lint } from '../../../src/profiles/lint/lint.ts';
import { type OwnKnowledge, ownKnowledge } from '../../../src/profiles/lint/own-known-hosts.ts';
import type { Linted } from '../../../src/profiles/lint/linted.ts';
import { hashOfName } from '../../../src/platform/known-host-names.ts';
import { loadProfile } from '../../../src/profiles/load-profile.ts';
import { projectSource, userSource } from '../../../src/profiles/source.ts';

type Options = { readonly shared?: boolean; readonly shadowed?: readonly string[]; readonly own?: OwnKnowledge };

/** Every finding of these files as `file:line:column severity rule what`. */
async function found(files: Readonly<Record<string, string>>, { shared = false, shadowed = [], own }: Options = {}): Promise<string[]> {
  const folder = join(mkdtempSync(join(tmpdir(), 'tunnels-lint-')), 'profiles');
  onTestFinished(() => rmSync(join(folder, '..'), { recursive: true, force: true }));
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const source = (shared ? projectSource : userSource)(folder);
  const names = Object.keys(files).filter((name) => !name.startsWith('_'));
  const linted = await Promise.all(
    names.map(async (name): Promise<Linted> => {
      const file = join(folder, name);
      const loaded = await loadProfile(file, { scope: { folder, linksMayLeave: !shared } });
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
      return {
        name: name.replace('.yaml', ''),
        file,
        source,
        shadowedBy: shadowed.includes(name) ? '/first.yaml' : null,
        loaded: loaded.value,
      };
    }),
  );
  return lint(linted, { own: own ?? null }).map(
    ({ file, line, column, severity, rule, text }) => `${file.replace(`${folder}/`, '')}:${line}:${column} ${severity} ${rule} ${text}`,
  );
}

const one = (forward: string, more = ''): string => `hops: [ann@bastion]\nforwards:\n  - ${forward}\n${more}`;

describe('two profiles that want one port', () => {
  test('of this machine are told of each other, where the port is written', async () => {
    expect(await found({ 'a.yaml': one('{ local: 15432, to: "db:1" }'), 'b.yaml': one('{ dynamic: 15432 }') })).toEqual([
      'a.yaml:3:14 warning port-clash 127.0.0.1:15432 on this machine is wanted by b too.',
      'b.yaml:3:16 warning port-clash 127.0.0.1:15432 on this machine is wanted by a too.',
    ]);
  });
  test('of one hop are told, and of two hops or two addresses are not', async () => {
    const there = (port: string, host = 'bastion'): string => `hops: [ann@${host}]\nforwards:\n  - { remote: "${port}", to: "db:1" }\n`;
    expect(await found({ 'a.yaml': there('127.0.0.1:8080'), 'b.yaml': there('*:8080') })).toHaveLength(2);
    expect(await found({ 'a.yaml': there('127.0.0.1:8080'), 'b.yaml': there('127.0.0.1:8080', 'other') })).toEqual([]);
    expect(await found({ 'a.yaml': there('127.0.0.1:8080'), 'b.yaml': there('[::1]:8080') })).toEqual([]);
  });
  test('by a base that they share are told once, at the base', async () => {
    const base = 'forwards:\n  - { name: db, local: 15432, to: "db:1" }\n';
    const use = 'extends: _base\nhops: [ann@bastion]\n';
    expect(await found({ '_base.yaml': base, 'a.yaml': use, 'b.yaml': use })).toEqual([
      '_base.yaml:2:24 warning port-clash 127.0.0.1:15432 on this machine is wanted by b too.',
      '_base.yaml:2:24 warning port-clash 127.0.0.1:15432 on this machine is wanted by a too.',
    ]);
  });
  test('do not clash where one falls back, any port will do, or one of them is not used', async () => {
    const falling = one('{ local: 15432, to: "db:1", onConflict: [fallback], fallbackPorts: 15433-15440 }');
    const plain = one('{ local: 15432, to: "db:1" }');
    expect(await found({ 'a.yaml': falling, 'b.yaml': plain })).toEqual([]);
    const any = one('{ local: 0, to: "db:1" }');
    expect(await found({ 'a.yaml': any, 'b.yaml': any })).toEqual([]);
    expect((await found({ 'a.yaml': plain, 'b.yaml': plain }, { shadowed: ['b.yaml'] })).join()).not.toContain('port-clash');
  });
  test('as Unix sockets clash by their path', async () => {
    const socket = one('{ local: /tmp/x.sock, to: "db:1" }');
    expect((await found({ 'a.yaml': socket, 'b.yaml': socket }))[0]).toContain('/tmp/x.sock on this machine is wanted by b too.');
  });
  test('are found among a thousand without comparing each with each other, and three of them are named', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`p${index}.yaml`, one(`{ local: ${15_000 + (index % 200)}, to: "db:1" }`)]),
    );
    const all = await found(files);
    expect(all).toHaveLength(1000);
    expect(all[0]).toContain('is wanted by p200, p400, p600 and 1 more too.');
  });
});

describe('a forward that can hardly work', () => {
  test.each([
    ['{ local: 80, to: "db:1" }', 'warning privileged-port Port 80 is below 1024: on most machines only root may listen there.'],
    ['{ remote: 443, to: "db:1" }', 'warning privileged-port Port 443 is below 1024, and ann@bastion is not root’s login.'],
    ['{ remote: 40000, to: "db:1" }', 'warning ephemeral-port Port 40000 is among those that a Linux server such as bastion gives its'],
  ])('%s is told', async (forward, expected) => {
    const [told, ...more] = await found({ 'a.yaml': one(forward) });
    expect(more).toEqual([]);
    expect(told).toContain(expected.replace('’', "'"));
  });
  test.each([
    '{ local: 1024, to: "db:1" }',
    '{ local: 40000, to: "db:1" }',
    '{ remote: 32767, to: "db:1" }',
    '{ remote: 61000, to: "db:1" }',
    '{ remote: 0, to: "db:1" }',
  ])('%s is not one', async (forward) => expect(await found({ 'a.yaml': one(forward) })).toEqual([]));
  test('root may listen where he likes', async () => {
    expect(await found({ 'a.yaml': 'hops: [root@bastion]\nforwards:\n  - { remote: 443, to: "db:1" }\n' })).toEqual([]);
  });
});

describe('a secret', () => {
  const secrets = {
    github: `ghp_${'a1'.repeat(18)}`,
    gitlab: `glpat-${'x'.repeat(20)}`,
    aws: 'AKIAIOSFODNN7EXAMPLE',
    url: 'https://ann:hunter2@example.com/',
    sshpass: 'sshpass -p hunter2 ssh x',
    jwt: `eyJ${'a'.repeat(12)}.eyJ${'b'.repeat(12)}.${'c'.repeat(12)}`,
  };
  test.each(Object.entries(secrets))('of the kind %s is an error and is not shown', async (_kind, secret) => {
    const all = await found({ 'a.yaml': one('{ local: 15432, to: "db:1" }', `description: "see ${secret}"\n`) });
    expect(all).toEqual([expect.stringMatching(/^a\.yaml:4:14 error secret description holds /)]);
    expect(all.join()).not.toContain(secret);
    expect(all.join()).not.toContain('hunter2');
  });
  test('that only reads like one is a warning, in options too', async () => {
    expect(await found({ 'a.yaml': one('{ local: 15432, to: "db:1" }', 'description: the password is hunter2\n') })).toEqual([
      'a.yaml:4:14 warning secret description holds what reads like a password.',
    ]);
    const option = one('{ local: 15432, to: "db:1" }', 'sshOptions: ["ProxyCommand=connect --password=hunter2 %h"]\n');
    expect(await found({ 'a.yaml': option })).toEqual([expect.stringMatching(/^a\.yaml:4:14 warning secret sshOptions/)]);
  });
  test.each([
    'The password is asked for',
    'Ask ops for a token',
    'password: ****',
    'see https://wiki/secret-things',
    'PasswordAuthentication=no',
  ])('is not seen in: %s', async (text) => {
    const all = await found({ 'a.yaml': one('{ local: 15432, to: "db:1" }', `description: ${JSON.stringify(text)}\n`) });
    expect(all.filter((line) => line.includes(' error '))).toEqual([]);
  });
});

describe('a host whose key nobody has written down', () => {
  const way = (hop: string): string => `hops: [${hop}]\nforwards: [{ local: 15432, to: "db:1" }]\n`;
  test('is told of what others share, and of one’s own it is not', async () => {
    expect(await found({ 'a.yaml': way('ann@bastion:2222') }, { shared: true })).toEqual([
      'a.yaml:1:8 note unpinned-host The host key of [bastion]:2222 is not written down for those who share this.',
    ]);
    expect(await found({ 'a.yaml': way('ann@bastion:2222') })).toEqual([]);
  });
  test('is shown with the name that is really asked for where its letters look like others', async () => {
    expect(await found({ 'a.yaml': way('bаstion.example') }, { shared: true })).toEqual([
      'a.yaml:1:8 note unpinned-host The host key of bаstion.example (xn--bstion-3nf.example) is not written down for those who share this.',
    ]);
  });
  test('is known by a pin', async () => {
    const pin = `SHA256:${'A'.repeat(43)}`;
    expect(await found({ 'a.yaml': way(`{ host: bastion, hostKey: "${pin}" }`) }, { shared: true })).toEqual([]);
  });
});

describe('a host of which the person has no key', () => {
  const way = (hop: string): string => `hops: [${hop}]\nforwards: [{ local: 15432, to: "db:1" }]\n`;
  /** Knows bastion, by name and by hash, and has a Host of ssh_config for alias. */
  function own(): OwnKnowledge {
    const home = mkdtempSync(join(tmpdir(), 'tunnels-home-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    mkdirSync(join(home, '.ssh'));
    const hashed = hashOfName('hidden', Buffer.alloc(20, 7));
    const lines = [
      'bastion,[bastion]:2222 ssh-ed25519 AAAA',
      `${hashed} ssh-ed25519 AAAA`,
      '@revoked evil ssh-ed25519 AAAA',
      '# noted ssh-ed25519 AAAA',
    ];
    writeFileSync(join(home, '.ssh/known_hosts'), lines.join('\n'));
    writeFileSync(join(home, '.ssh/config'), 'Host *\n  User ann\nHost alias al-*\n  HostName x\n');
    return ownKnowledge(home);
  }

  test.each([
    ['bastion', []],
    ['"bastion:2222"', []],
    ['hidden', []],
    ['alias', []],
    ['al-1', []],
    ['"bastion:22022"', ['a.yaml:1:8 note unknown-host Your known_hosts has no key of [bastion]:22022, and the profile pins none.']],
    ['evil', ['a.yaml:1:8 note unknown-host Your known_hosts has no key of evil, and the profile pins none.']],
    ['noted', ['a.yaml:1:8 note unknown-host Your known_hosts has no key of noted, and the profile pins none.']],
  ])('of the person’s own profile %s', async (hop, expected) => {
    expect(await found({ 'a.yaml': way(hop) }, { own: own() })).toEqual(expected);
  });

  test('is a matter of the team in what is shared, with what the person knows beside it', async () => {
    const shared = { shared: true, own: own() };
    expect(await found({ 'a.yaml': way('bastion') }, shared)).toEqual([
      expect.stringMatching(/ unpinned-host .*Your own known_hosts has it\.$/),
    ]);
    expect(await found({ 'a.yaml': way('evil') }, shared)).toEqual([
      expect.stringMatching(/ unpinned-host .* for those who share this\.$/),
    ]);
  });
});

test('a profile that is not used says which one comes before it', async () => {
  expect(await found({ 'a.yaml': one('{ local: 15432, to: "db:1" }') }, { shadowed: ['a.yaml'] })).toEqual([
    'a.yaml:1:1 note shadowed This profile a (user) is not used: /first.yaml comes before it.',
  ]);
});
