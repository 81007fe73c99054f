import { describe, expect, test } from 'vitest';
import { type ChangePlan, planChange, touches } from '../../../src/decide/tunnel/plan-change.ts';
import type { Profile } from '../../../src/model/profile.ts';
import { forward, hop, profile, remote } from './a-profile.ts';

const kept = (from: number, to = from) => ({ is: 'kept' as const, from, to });
const both = [kept(0), kept(1)];
const plan = (over: Partial<ChangePlan>): ChangePlan => ({ hops: 'same', forwards: both, settings: [], ...over });
const two = [hop(), hop({ host: 'far' })] as const;

const knowing = (file: string, text: string): Partial<Profile> => ({ ssh: { configFile: null, options: [], knownHosts: { file, text } } });

type Row = readonly [what: string, before: Partial<Profile>, after: Partial<Profile>, plan: ChangePlan];

const TABLE: readonly Row[] = [
  ['nothing', {}, {}, plan({})],
  ['the description', {}, { description: 'x' }, plan({ settings: ['description'] })],
  ['the groups', {}, { groups: ['prod'] }, plan({ settings: ['groups'] })],
  ['the idle time', {}, { idleMs: 60_000 }, plan({ settings: ['idle'] })],
  ['the hold time', {}, { holdMs: 0 }, plan({ settings: ['hold'] })],
  ['the dead man’s switch', {}, { deadman: 'off' }, plan({ settings: ['deadman'] })],
  ['the second login', {}, { secondLogin: 'when-heavy' }, plan({ settings: ['secondLogin'] })],
  [
    'what a forward does when its binding is taken',
    {},
    { forwards: [forward({ onConflict: ['fallback'], fallbackPorts: { first: 1, last: 9 } }), remote()] },
    plan({ settings: ['conflicts'] }),
  ],
  [
    'how long a taken binding is waited for',
    {},
    { forwards: [forward(), remote({ giveUpAfterMs: 5 })] },
    plan({ settings: ['conflicts'] }),
  ],
  ['the name of a forward', {}, { forwards: [forward({ name: 'g' }), remote()] }, plan({})],
  ['the order of the forwards', {}, { forwards: [remote(), forward()] }, plan({ forwards: [kept(1, 0), kept(0, 1)] })],
  [
    'the names of two forwards with each other',
    {},
    { forwards: [forward({ name: 'r' }), remote({ name: 'f' })] },
    plan({ forwards: both }),
  ],
  [
    'one more forward',
    {},
    { forwards: [forward(), forward({ name: 'new', listen: { host: '127.0.0.1', port: 1 } }), remote()] },
    plan({ forwards: [kept(0), { is: 'added', to: 1 }, kept(1, 2)] }),
  ],
  ['one forward less', {}, { forwards: [remote()] }, plan({ forwards: [kept(1, 0), { is: 'removed', from: 0 }] })],
  [
    'the target of a forward',
    {},
    { forwards: [forward({ to: { host: 'db2', port: 5432 } }), remote()] },
    plan({ forwards: [{ is: 'changed', from: 0, to: 0 }, kept(1)] }),
  ],
  [
    'the listening end of a forward',
    {},
    { forwards: [forward(), remote({ listen: { path: '/run/x.sock' } })] },
    plan({ forwards: [kept(0), { is: 'changed', from: 1, to: 1 }] }),
  ],
  [
    'whether a forward may be public',
    {},
    { forwards: [forward(), remote({ public: true })] },
    plan({ forwards: [kept(0), { is: 'changed', from: 1, to: 1 }] }),
  ],
  [
    'the kind of a forward of the same name',
    {},
    { forwards: [forward({ kind: 'dynamic', to: null }), remote()] },
    plan({ forwards: [{ is: 'changed', from: 0, to: 0 }, kept(1)] }),
  ],
  [
    'name and port of a forward, which is another one then',
    {},
    { forwards: [forward({ name: 'g', listen: { host: '127.0.0.1', port: 7 } }), remote()] },
    plan({ forwards: [{ is: 'added', to: 0 }, kept(1), { is: 'removed', from: 0 }] }),
  ],
  [
    'the hop behind which a target lies',
    { hops: two },
    { hops: two, forwards: [forward({ from: 1 }), remote()] },
    plan({ forwards: [{ is: 'changed', from: 0, to: 0 }, kept(1)] }),
  ],
  ['the host', {}, { hops: [hop({ host: 'other' })] }, plan({ hops: 'changed' })],
  ['the user', {}, { hops: [hop({ user: 'ann' })] }, plan({ hops: 'changed' })],
  ['the key', {}, { hops: [hop({ identity: ['/k'] })] }, plan({ hops: 'changed' })],
  ['the host key', {}, { hops: [hop({ hostKey: ['SHA256:x'] })] }, plan({ hops: 'changed' })],
  ['the keepalive', {}, { keepalive: { intervalMs: 1000, countMax: 3 } }, plan({ hops: 'changed' })],
  ['the options of ssh', {}, { ssh: { configFile: null, options: ['Ciphers=x'] } }, plan({ hops: 'changed' })],
  ['the host keys beside it', knowing('/1', 'a'), knowing('/1', 'b'), plan({ hops: 'changed' })],
  ['the place of the host keys beside it', knowing('/1', 'a'), knowing('/2', 'a'), plan({})],
  [
    'one more hop, behind which the targets lie then',
    {},
    { hops: two, forwards: [forward({ from: 1 }), remote({ on: 1 })] },
    plan({ hops: 'changed' }),
  ],
];

describe('of a profile that changes in', () => {
  test.each(TABLE)('%s, no more is touched than has to be', (_what, before, after, expected) => {
    const made = planChange(profile(before), profile(after));
    expect(made).toEqual(expected);
    expect(touches(made)).toBe(expected.hops === 'changed' || expected.forwards.some(({ is }) => is !== 'kept'));
  });
});

test('two equal forwards are kept as two, and one of them goes where one is left', () => {
  const any = { host: '127.0.0.1', port: 0 };
  const before = profile({ forwards: [forward({ name: 'a', listen: any }), forward({ name: 'b', listen: any })] });
  expect(planChange(before, profile({ forwards: [forward({ name: 'b', listen: any })] })).forwards).toEqual([
    kept(1, 0),
    { is: 'removed', from: 0 },
  ]);
});
