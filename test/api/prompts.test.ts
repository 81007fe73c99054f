import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { SupervisorEvent } from '../../src/api/contract.ts';
import type { Question } from '../../src/model/prompt.ts';
import { until } from '../support/until.ts';
import { served } from './served.ts';

const password: Question = { is: 'password', again: false, host: 'bastion', port: 22, user: 'ann' };

/** A supervisor whose one login asks. */
async function asking() {
  const api = await served();
  const opened = { id: '' };
  const login = api.prompts.ask(password, { place: '', signal: new AbortController().signal, onOpen: (id) => (opened.id = id) });
  await until(() => opened.id !== '', { what: 'the question' });
  return { ...api, login, id: opened.id };
}

/** As curl would send it. */
async function post(socketPath: string, path: string, body: string): Promise<{ status: number | undefined; said: string }> {
  return await new Promise((resolve, reject) => {
    const asked = request({ socketPath, method: 'POST', path }, (response) => {
      text(response).then((said) => resolve({ status: response.statusCode, said }), reject);
    });
    asked.on('error', reject).end(body);
  });
}

describe('prompts', () => {
  test('are listed and answered, and nothing of the answer comes back', async () => {
    const { client, id, login, socket } = await asking();
    expect(await client.prompts()).toMatchObject({
      schemaVersion: 1,
      prompts: [{ id, is: 'password', tunnels: [], remember: ['supervisor', 'keychain'] }],
    });
    const { status, said } = await post(socket, `/v1/prompts/${id}`, JSON.stringify({ answers: ['hunter2'] }));
    expect([status, JSON.parse(said)]).toEqual([200, { id, warning: null }]);
    expect(await login).toEqual(['hunter2']);
    expect((await client.prompts()).prompts).toEqual([]);
    await expect(client.answer(id, { answers: ['again'] })).rejects.toMatchObject({ problem: { code: 'prompt-gone', facts: { id } } });
  });

  test('are declined', async () => {
    const { client, id, login } = await asking();
    expect(await client.decline(id)).toEqual({ id, warning: null });
    expect(await login).toBe(null);
    await expect(client.decline(id)).rejects.toMatchObject({ problem: { code: 'prompt-gone' } });
  });

  test('wait on after a body that does not fit, of which nothing is told back', async () => {
    const { client, id, socket } = await asking();
    const bodies = [
      '{"answers":"hunter2"}',
      '{"answers":["hunter2",5]}',
      '{"answers":["hunter2"],"hunter2":1}',
      '{"answers":["hunter2"],"remember":"hunter2"}',
      'hunter2',
      '{"answers":["hunter2","hunter2"]}',
    ];
    for (const body of bodies) {
      const { status, said } = await post(socket, `/v1/prompts/${id}`, body);
      expect([body, status]).toEqual([body, 400]);
      expect(said).not.toContain('hunter2');
    }
    expect((await client.prompts()).prompts).toHaveLength(1);
  });

  test('that cannot be kept in the keychain are answered all the same, and the trouble is told', async () => {
    const { client, id, keychain, login } = await asking();
    keychain.broken = 'no such service';
    expect((await client.answer(id, { answers: ['hunter2'], remember: 'keychain' })).warning).toMatchObject({ code: 'keychain-unusable' });
    expect(await login).toEqual(['hunter2']);
  });

  test('are in the event stream: what is open at its begin, then each change', async () => {
    const { client, id } = await asking();
    const end = new AbortController();
    const seen: SupervisorEvent[] = [];
    for await (const event of client.events(end.signal)) {
      seen.push(event);
      if (event.type === 'prompt') await client.decline(id);
      if (event.type === 'prompt-gone') end.abort();
    }
    expect(seen.map(({ type }) => type)).toEqual(['snapshot', 'prompt', 'prompt-gone']);
    expect(seen[1]).toMatchObject({ prompt: { id, title: 'Password of ann@bastion' } });
  });

  test('of a kind that this client does not know are passed over, as all such events', async () => {
    const { client, tunnels } = await served();
    const end = new AbortController();
    const seen: string[] = [];
    for await (const event of client.events(end.signal)) {
      seen.push(event.type);
      if (event.type === 'snapshot') {
        tunnels.tell({ type: 'a-later-invention' } as never);
        tunnels.put('db', 'up');
      } else end.abort();
    }
    expect(seen).toEqual(['snapshot', 'tunnel']);
  });
});
