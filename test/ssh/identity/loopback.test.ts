import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { run } from '../../support/run.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop, required } from './hop.ts';
import { logIn } from './log-in.ts';

const dir = tempDir();
let sshd: Sshd;
let key: Key, other: Key;
beforeAll(async () => {
  [key, other, sshd] = await Promise.all([makeKey(dir, { name: 'key' }), makeKey(dir, { name: 'other' }), startSshd()]);
  sshd.authorize(key.publicLine);
});
afterAll(() => sshd.stop());

const bare = ({ publicLine }: Key): string => publicLine.split(' ').slice(0, 2).join(' ');
const name = (): string => `[127.0.0.1]:${sshd.port}`;

type Row = {
  readonly any: 'yes' | 'no';
  readonly lines?: () => string;
  readonly revoked?: () => string;
  readonly byCommand?: true;
  readonly good: boolean;
};

/** The same configuration for ssh and for a hop of ours. */
async function bothGetIn({ any, lines, revoked, byCommand }: Row) {
  const [known, list] = [join(dir, 'known'), join(dir, 'list')];
  writeFileSync(known, lines?.() ?? '');
  if (revoked !== undefined) writeFileSync(list, revoked());
  const command = `nc 127.0.0.1 ${sshd.port}`;
  const options = [
    `NoHostAuthenticationForLocalhost ${any}`,
    'StrictHostKeyChecking yes',
    ...(revoked === undefined ? [] : [`RevokedHostKeys ${list}`]),
    ...(byCommand ? [`ProxyCommand ${command}`] : []),
    `UserKnownHostsFile ${known}`,
    'GlobalKnownHostsFile none',
    'BatchMode yes',
    'IdentityAgent none',
    `IdentityFile ${key.path}`,
  ].flatMap((option) => ['-o', option]);
  const { code } = await run('ssh', ['-F', 'none', ...options, '-p', String(sshd.port), `${sshd.user}@127.0.0.1`, 'true']);
  const base = aHop();
  const hop: ResolvedHop = {
    ...aHop({ port: sshd.port, user: sshd.user, identities: required(key.path) }),
    knownHosts: { alias: null, userFiles: [known], systemFiles: [], pins: [] },
    trust: { ...base.trust, strict: 'yes', anyOnLoopback: any === 'yes', revokedFiles: revoked === undefined ? [] : [list] },
    way: { ...base.way, command: byCommand ? command : null },
  };
  const refused = await logIn(hop);
  expect(readFileSync(known, 'utf8')).toBe(lines?.() ?? '');
  return { ssh: code === 0, ours: refused === null };
}

const ROWS: Record<string, Row> = {
  'an unknown key at 127.0.0.1': { any: 'yes', good: true },
  'a changed key at 127.0.0.1': { any: 'yes', lines: () => `${name()} ${bare(other)}\n`, good: true },
  'a key at 127.0.0.1 that known_hosts revokes': { any: 'yes', lines: () => `@revoked * ${bare(sshd.hostKey)}\n`, good: true },
  'a key at 127.0.0.1 that RevokedHostKeys names': { any: 'yes', revoked: () => `${bare(sshd.hostKey)}\n`, good: false },
  'an unknown key at 127.0.0.1 by a ProxyCommand': { any: 'yes', byCommand: true, good: false },
  'an unknown key at 127.0.0.1 where it is not said': { any: 'no', good: false },
};

describe('with NoHostAuthenticationForLocalhost', () => {
  test.each(Object.entries(ROWS))('%s', async (_, row) => {
    expect(await bothGetIn(row)).toEqual({ ssh: row.good, ours: row.good });
  });

  test('a pin of the profile counts all the same', async () => {
    const hop = aHop({ port: sshd.port, user: sshd.user, identities: required(key.path) });
    const pinned = { ...hop, trust: { ...hop.trust, anyOnLoopback: true }, knownHosts: { ...hop.knownHosts, pins: [other.fingerprint] } };
    expect(await logIn(pinned)).toMatchObject({ code: 'host-key-not-pinned' });
  });
});
