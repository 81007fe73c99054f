import { describe, expect, test } from 'vitest';
import { dialsWhenAsked } from '../../../src/decide/tunnel/asked.ts';
import { newTunnel, transition } from '../../../src/decide/tunnel/transition.ts';
import { problem } from '../../../src/model/problem.ts';
import type { TunnelEvent } from '../../../src/model/tunnel.ts';
import { forward, profile as aProfile } from './a-profile.ts';

const profile = aProfile({ forwards: [forward()] });
const silent = problem('connect-timeout', { host: 'bastion', port: 22, ms: 1 });
const refused = problem('login-refused', { host: 'bastion', user: 'ann', ssh: 'ann@bastion', tried: 'agent' });
const asked: TunnelEvent = { type: 'asked-up' };

describe('to ask for a tunnel', () => {
  test.each<[string, readonly TunnelEvent[], boolean]>([
    ['that is down dials', [], true],
    ['that is being dialled begins nothing', [asked], false],
    ['that waits for its next try dials', [asked, { type: 'link-failed', epoch: 1, problem: silent }], true],
    ['that is connected begins nothing', [asked, { type: 'linked', epoch: 1 }], false],
    ['that a person has to look after gives back what it has first', [asked, { type: 'link-failed', epoch: 1, problem: refused }], false],
    ['that is going down waits for that', [asked, { type: 'asked-down' }], false],
    ['that went down dials', [asked, { type: 'asked-down' }, { type: 'closed', run: 2 }], true],
  ])('%s', (_, events, dials) => {
    let tunnel = newTunnel(profile, 1000);
    for (const event of events) ({ tunnel } = transition(tunnel, event, { profile, now: 1000, jitter: 0.5 }));
    expect(dialsWhenAsked(tunnel, profile)).toBe(dials);
  });

  test('that connects on first use begins nothing', () => {
    const idle = { ...profile, idleMs: 60_000 };
    expect(dialsWhenAsked(newTunnel(idle, 1000), idle)).toBe(false);
  });
});
