import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Episode } from '../../src/model/story.ts';
import { forward, makeWorld, NOW, run, tunnel } from './fake-given.ts';

const iso = (ms: number): string => new Date(ms).toISOString();
const START = NOW - 60_000;

const episode = (changes: Partial<Episode> = {}): Episode => ({
  forward: 'webhook',
  on: 'bastion',
  listen: '127.0.0.1:18080',
  startedAt: iso(START),
  endedAt: iso(START + 450),
  outcome: 'bound',
  verdict: 'ours-stale',
  steps: ['reset', 'evict'],
  waitsUntil: null,
  entries: [
    { at: iso(START), kind: 'refused', text: 'bastion refused to listen.', ms: null },
    { at: iso(START + 40), kind: 'verdict', text: 'It is ours and dead.', ms: null },
    { at: iso(START + 100), kind: 'step', text: 'Ended sshd pid 4711.', ms: 60 },
    { at: iso(START + 450), kind: 'bound', text: 'It listens again.', ms: 450 },
  ],
  ...changes,
});

const waiting = episode({
  endedAt: null,
  outcome: 'going-on',
  waitsUntil: iso(NOW + 120_000),
  entries: [{ at: iso(START), kind: 'waiting', text: 'Waits for the server.', ms: null }],
});

const because = { code: 'binding-stale', text: 'still held', next: 'Ask an administrator: sudo kill 4711' };
const stuck = tunnel({ state: 'degraded', forwards: [forward({ name: 'webhook', state: 'recovering', because })] });
const worldWith = (episodes: Episode[], one = tunnel()) =>
  makeWorld({ supervisor: { tunnels: [one], stories: [{ schemaVersion: 1, tunnel: one.name, episodes }] } });

describe('tunnels why', () => {
  test('tells each thing that happened with its time, and that there is nothing to do', async () => {
    const { code, out } = await run(worldWith([episode()], tunnel({ forwards: [forward({ name: 'webhook' })] })), 'why', 'db-prod');
    expect(code).toBe(0);
    expect(out).toContain('webhook on bastion, 127.0.0.1:18080: bound again after 450ms');
    expect(out).toMatch(/\+0ms +refused +bastion refused to listen\./);
    expect(out).toMatch(/\+100ms +step +Ended sshd pid 4711\. \(took 60ms\)/);
    expect(out.trimEnd()).toMatch(/→ Nothing to do: webhook listens\.$/);
  });

  test('ends with the one thing to do, and says what is waited for and until when', async () => {
    const { code, out } = await run(worldWith([waiting], stuck), 'why', 'db-prod');
    expect(code).toBe(0);
    expect(out).toContain(`waits until ${iso(NOW + 120_000)}, in 2m`);
    expect(out.trimEnd()).toMatch(/→ Ask an administrator: sudo kill 4711$/);
    expect(out.match(/→/g)).toHaveLength(1);
  });

  test('says so when nobody knows how long', async () => {
    expect((await run(worldWith([{ ...waiting, waitsUntil: null }], stuck), 'why', 'db-prod')).out).toContain(
      'when that will be is not known',
    );
  });

  test('tells the last episode alone, and all of them with --verbose', async () => {
    const episodes = [episode({ forward: 'first' }), episode({ forward: 'second' })];
    const last = await run(worldWith(episodes), 'why', 'db-prod');
    expect(last.out).not.toContain('first on');
    expect(last.err).toContain('1 earlier: tunnels why db-prod --verbose');
    const all = await run(worldWith(episodes), 'why', 'db-prod', '--verbose');
    expect(all.out.indexOf('first on')).toBeLessThan(all.out.indexOf('second on'));
  });

  test('prints the story as it is with --json', async () => {
    const { code, out } = await run(worldWith([episode()]), 'why', 'db-prod', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ schemaVersion: 1, tunnel: 'db-prod', episodes: [episode()] });
  });

  test('says that there was no trouble, and what is the matter now if something is', async () => {
    expect((await run(worldWith([]), 'why', 'db-prod')).out).toBe('No binding of db-prod was in trouble.\ndb-prod is up.\n');
    const blocked = tunnel({ state: 'blocked', because: { code: 'login-refused', text: 'bastion refused', next: 'ssh -v' } });
    const { code, out } = await run(worldWith([], blocked), 'why', 'db-prod');
    expect(code).toBe(0);
    expect(out).toBe('db-prod is blocked: bastion refused\n→ ssh -v\n');
  });

  test('steers no terminal with what a server said', async () => {
    const nasty = episode({ entries: [{ at: iso(START), kind: 'evidence', text: 'a\u001b[2Jb\nc', ms: null }] });
    expect((await run(worldWith([nasty]), 'why', 'db-prod')).out).toContain('a [2Jb c');
  });

  test('names the nearest for a tunnel that there is not', async () => {
    const { code, err } = await run(worldWith([]), 'why', 'db-prdo');
    expect(code).toBe(2);
    expect(err).toContain('Did you mean db-prod?');
  });

  test('takes a profile that was never brought up for no mistake', async () => {
    const world = worldWith([]);
    mkdirSync(join(world.home, 'profiles'));
    writeFileSync(join(world.home, 'profiles', 'fresh.yaml'), 'hops: [a]\nforwards: [{ dynamic: 1080 }]\n');
    expect(await run(world, 'why', 'fresh')).toMatchObject({ code: 0, err: expect.stringContaining('tunnels up fresh') });
  });

  test('starts no supervisor where none runs', async () => {
    const world = makeWorld({ supervisor: null });
    const { code, err, out } = await run(world, 'why', 'db-prod', '--json');
    expect([code, world.calls]).toEqual([0, []]);
    expect(err).toContain('No supervisor runs');
    expect(JSON.parse(out)).toMatchObject({ tunnel: 'db-prod', episodes: [] });
  });
});
