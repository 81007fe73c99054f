import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { problemOf } from '../../src/model/problem.ts';
import { run } from '../support/run.ts';
import { served } from './served.ts';

let api: Awaited<ReturnType<typeof served>>;
beforeEach(async () => {
  api = await served();
});
afterEach(async () => {
  api.ending.abort();
  const closed = api.server.close();
  await api.clock.advance(1_000);
  await closed;
});

describe('POST /v1/doctor', () => {
  test('answers a report', async () => {
    const profiles = [{ name: 'a', profile: { hops: ['a'] }, origin: 'test' }];
    expect(await api.client.doctor({ profiles })).toEqual({ schemaVersion: 1, findings: [] });
  });

  test('refuses a tunnel that there is not', async () => {
    const refusal = await api.client.doctor({ profiles: [], tunnels: ['nobody'] }).then(() => null, problemOf);
    expect(refusal).toMatchObject({ code: 'tunnel-not-found', facts: { name: 'nobody' } });
  });

  test('refuses what is no request, and says where it is wrong', async () => {
    const bad = { profiles: [{ name: 'a', profile: 'text', origin: 'test' }] };
    const refusal = await api.client.doctor(bad as never).then(() => null, problemOf);
    expect(refusal).toMatchObject({ code: 'supervisor-refused', facts: { why: expect.stringContaining('profiles.0.profile') } });
    const { stdout } = await run('curl', ['-s', '--unix-socket', api.socket, '-X', 'POST', '-d', '{', 'http://s/v1/doctor']);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'supervisor-refused' });
  });
});
