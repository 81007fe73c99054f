import { describe, expect, test } from 'vitest';
import { problem, ProblemError } from '../../../src/model/problem.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import type { Route } from '../../../src/ssh/links/links.ts';
import { createDoctor } from '../../../src/supervisor/doctor/doctor.ts';
import type { DoctorNeeds } from '../../../src/supervisor/doctor/needs.ts';
import type { WantedTunnel } from '../../../src/supervisor/wanted-store.ts';
import { tempHome } from '../../support/temp-home.ts';

const profile = { hops: [{ host: '127.0.0.1', port: 2 }], forwards: [{ dynamic: 0 }] };
const aTunnel = (name: string, changes: Partial<WantedTunnel> = {}): WantedTunnel => ({
  name,
  wanted: 'up',
  profile,
  origin: 'command line',
  ...changes,
});

/** A doctor whose every login fails, and what it was to log in with. */
function doctorOf(...tunnels: WantedTunnel[]) {
  const routes: Route[] = [];
  const needs: Partial<DoctorNeeds> = {
    clock: systemClock,
    carrying: { path: 'auto', by: null },
    env: tempHome().env,
    snapshot: () => [],
    asked: (name) => tunnels.find((tunnel) => tunnel.name === name) ?? null,
    lease: async (route) => {
      routes.push(route);
      throw new ProblemError(problem('connect-refused', { host: '127.0.0.1', port: 2 }));
    },
  };
  const doctor = createDoctor(needs as DoctorNeeds);
  const examine = (request: Parameters<typeof doctor.examine>[0]) => doctor.examine(request, new AbortController().signal);
  return { examine, agents: () => routes.map(({ hops }) => hops[0]?.agent) };
}

describe('the doctor', () => {
  test('examines a tunnel without a profile by what it was brought up with', async () => {
    const { examine } = doctorOf(aTunnel('adhoc'));
    const findings = await examine({ profiles: [], tunnels: ['adhoc', 'gone'] });
    expect(findings.filter(({ check }) => check === 'profile')).toMatchObject([
      { subject: 'profile adhoc', severity: 'ok', what: expect.stringContaining('command line') },
    ]);
    expect(findings.filter(({ check }) => check === 'reachable')).toMatchObject([{ severity: 'error' }]);
  });

  test('looks at the agent that a tunnel logs in with, not at that of who asks, as long as it is to be up', async () => {
    const { examine, agents } = doctorOf(aTunnel('up', { agent: '/of/up' }), aTunnel('down', { wanted: 'down', agent: '/of/down' }));
    for (const name of ['up', 'down', 'new']) await examine({ profiles: [{ name, profile, origin: 'file' }], agent: '/of/caller' });
    expect(agents()).toEqual(['/of/up', '/of/caller', '/of/caller']);
    await examine({ profiles: [], tunnels: ['up'] });
    expect(agents().at(-1)).toBe('/of/up');
  });
});
