import { join } from 'node:path';
import { createClient } from '../../src/api/client.ts';
import type { Memory } from '../../src/model/snapshot.ts';
import type { Health, LogLine, LogQuery } from '../../src/api/contract.ts';
import { matchesName, selectLines } from '../../src/api/log-files.ts';
import { PromptBook } from '../../src/supervisor/prompts/book.ts';
import { serve } from '../../src/supervisor/serve.ts';
import { memoryLog } from '../supervisor/memory-log.ts';
import { fakeKeychain } from '../supervisor/prompts/fake-keychain.ts';
import { createTunnels } from '../supervisor/fake-tunnels.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { tempDir } from '../support/temp-home.ts';

export const HEALTH: Health = { pid: 4711, version: '1.2.3', apiVersion: 1, since: '2026-01-01T00:00:00.000Z', home: '/h' };

export const MEMORY: Memory = { resident: 80_000_000, windows: 0, queued: 0, limits: null };

/** The API at a real Unix socket, over fake tunnels, real prompts, a fake log and a fake clock. */
export async function served() {
  const socket = join(tempDir(), 's.sock');
  const tunnels = createTunnels();
  const clock = fakeClock();
  const keychain = fakeKeychain();
  const prompts = new PromptBook({ clock, log: memoryLog(), keychain });
  const lines: LogLine[] = [];
  const listeners = new Set<(line: LogLine) => void>();
  const ending = new AbortController();
  const asked = { stops: 0 };
  const logs = {
    async follow(query: LogQuery, listener: (line: LogLine) => void) {
      const mine = (line: LogLine): void => void (matchesName(line, query) && listener(line));
      listeners.add(mine);
      return { history: selectLines(lines, query), cancel: () => void listeners.delete(mine) };
    },
  };
  const log = (line: LogLine): void => {
    lines.push(line);
    for (const listener of listeners) listener(line);
  };
  const doctor = { examine: async () => [] };
  const stop = (): void => {
    asked.stops += 1;
    ending.abort();
    server.stopAccepting();
  };
  const server = await serve(
    { tunnels, prompts, doctor, logs, health: () => HEALTH, memory: () => MEMORY, stop, ending: ending.signal, clock },
    socket,
  );
  return {
    socket,
    tunnels,
    prompts,
    keychain,
    clock,
    log,
    logListeners: () => listeners.size,
    asked,
    server,
    ending,
    client: createClient(socket),
  };
}
