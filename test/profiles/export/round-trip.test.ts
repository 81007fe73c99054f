import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Profile } from '../../../src/model/profile.ts';
import { readProfile } from '../../../src/model/read-profile.ts';
import { sshLines } from '../../../src/profiles/export/ssh-lines.ts';
import { loadUnwritten } from '../../../src/profiles/import/check-import.ts';
import { importCommandText } from '../../../src/profiles/import/command-line.ts';
import { profileYaml } from '../../../src/profiles/import/profile-yaml.ts';

const port = fc.integer({ min: 1, max: 65_535 });
const host = fc.constantFrom('bastion', 'db.internal', '10.1.2.3', '2001:db8::7', 'fe80::1%eth0', 'web_1');
const user = fc.constantFrom('ann', 'a@corp', String.raw`CORP\ann`, 'ann.b-c', 'a$b', 'a%h');
const path = fc.constantFrom('/run/a.sock', '/tmp/a b.sock', String.raw`/tmp/a:b\c.sock`, '/tmp/100%.sock', "/tmp/it's", '/tmp/[x]');
const printed = (name: string, number: number): string => (name.includes(':') ? `[${name}]:${number}` : `${name}:${number}`);
const target = fc.oneof(
  fc.tuple(host, port).map(([name, number]) => printed(name, number)),
  path,
);
const listen = fc.oneof(
  port,
  path,
  fc.tuple(fc.constantFrom('127.0.0.1', '*', '::1', 'localhost', '10.0.0.1'), port).map(([name, number]) => printed(name, number)),
);
const addresses = fc.oneof(
  port,
  fc.tuple(fc.constantFrom('127.0.0.1', '*', '::1'), port).map(([name, number]) => printed(name, number)),
);
const hop = fc.record({ host, user, port }, { requiredKeys: ['host'] });
const lastHop = fc.record(
  { host, user, port, identity: fc.uniqueArray(fc.constantFrom('/home/ann/.ssh/id', '/k/a b', '/k/50%', "/k/'"), { maxLength: 2 }) },
  { requiredKeys: ['host'] },
);
const forward = fc.oneof(
  fc.record({ local: listen, to: target }),
  fc.record({ remote: fc.oneof(listen, fc.constant(0)), to: target }),
  fc.record({ dynamic: addresses }),
  fc.record({ remoteDynamic: addresses }),
);
const document = fc.record(
  {
    hops: fc.tuple(fc.array(hop, { maxLength: 2 }), lastHop).map(([jumps, last]) => [...jumps, last]),
    forwards: fc.array(forward, { minLength: 1, maxLength: 4 }),
    keepalive: fc.record({
      interval: fc.integer({ min: 1, max: 3600 }).map((seconds) => `${seconds}s`),
      countMax: fc.integer({ min: 1, max: 99 }),
    }),
    sshConfig: fc.constantFrom('/etc/ssh/x y', 'none'),
    sshOptions: fc.constantFrom(
      ['ConnectTimeout=5'],
      ['Ciphers=+aes128-cbc', 'UserKnownHostsFile=/a "b c"'],
      [`ProxyCommand=nc '\${X}' %h %p`],
    ),
  },
  { requiredKeys: ['hops', 'forwards', 'keepalive'] },
);

const FROM = { cwd: '/', home: '/home/ann' };

/** Null where two of its ends clash, or where a jump and a ProxyCommand do. */
function profileOf(data: object): Profile | null {
  const read = readProfile('x', data);
  if (!read.ok) return null;
  const { hops, ssh } = read.value;
  return hops.length > 1 && ssh.options.some((option) => option.startsWith('ProxyCommand')) ? null : read.value;
}

describe('a profile that ssh can say', () => {
  test('comes back from its command line as it was', async () => {
    await fc.assert(
      fc.asyncProperty(document, async (data) => {
        const profile = profileOf(data);
        fc.pre(profile !== null);
        const { lines, notes } = sshLines(profile);
        expect(notes).toEqual([]);
        expect(lines).toHaveLength(1);
        const made = importCommandText(lines[0]?.line ?? '', FROM);
        if (!made.ok || made.value[0] === undefined) throw new Error(JSON.stringify([lines, made]));
        expect(made.value[0].notes).toEqual([]);
        const loaded = await loadUnwritten(profileYaml(made.value[0]), { file: '/nowhere/x.yaml', home: FROM.home });
        expect(loaded.ok ? loaded.value.profile : loaded.error).toEqual(profile);
      }),
      { numRuns: 150 },
    );
  });

  test('is understood by ssh itself: it finds the same forwards', () => {
    const plain = document.map((data) => ({ ...data, sshConfig: 'none', sshOptions: [] }));
    fc.assert(
      fc.property(plain, (data) => {
        const profile = profileOf(data);
        fc.pre(profile !== null);
        const argv = sshLines(profile).lines[0]?.argv ?? [];
        const said = execFileSync('ssh', ['-G', ...argv.slice(1)], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
        const count = (keyword: string): number => said.split('\n').filter((line) => line.startsWith(`${keyword} `)).length;
        // The same forward twice is one to ssh.
        const kinds = (flag: string): number => new Set(argv.filter((_, index) => argv[index - 1] === flag)).size;
        expect(count('localforward')).toBe(kinds('-L'));
        expect(count('remoteforward')).toBe(kinds('-R'));
        // What leads to a socket it prints as a DynamicForward as well, which it is not.
        const toSockets = new Set(argv.filter((word, index) => argv[index - 1] === '-L' && !/:\d+$/.test(word))).size;
        expect(count('dynamicforward')).toBe(kinds('-D') + toSockets);
        const { host: name, port: number } = profile.hops.at(-1) as Profile['hops'][0];
        expect(said).toContain(`\nport ${number ?? 22}\n`);
        expect(said).toContain(`hostname ${name}\n`);
      }),
      { numRuns: 40 },
    );
  });
});
