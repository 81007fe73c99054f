import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { WINDOW_LIMITS } from '../../src/model/data-settings.ts';
import { pathsFor } from '../../src/platform/paths.ts';
import { readDataSettings } from '../../src/supervisor/data-settings.ts';
import { tempDir } from '../support/temp-home.ts';
import { memoryLog } from './memory-log.ts';

function read(settings: object | string | null, env: Record<string, string> = {}) {
  const home = tempDir();
  if (settings !== null) writeFileSync(join(home, 'settings.json'), typeof settings === 'string' ? settings : JSON.stringify(settings));
  const log = memoryLog();
  const found = readDataSettings({ paths: pathsFor({ TUNNELS_HOME: home }), env, log });
  return { found, told: log.recent().map(({ event, text }) => `${event}: ${text.replaceAll(home, '~')}`) };
}

describe('how bytes are carried', () => {
  test.each([null, {}, 'torn {', '[]', 'null', { 'memory.link': '128 MiB', dataPath: 'auto', wait: 3 }])(
    'is as it comes where the settings say %j',
    (settings) => {
      expect(read(settings)).toMatchObject({ found: { path: 'auto', busyPoll: 'auto', limits: WINDOW_LIMITS }, told: [] });
    },
  );

  test('takes each limit that is set', () => {
    const { found, told } = read({ 'memory.channel': '64 KiB', 'memory.link': 2 ** 21, 'memory.supervisor': '1.5GiB' });
    expect(found.limits).toEqual({ channel: 65_536, link: 2 ** 21, supervisor: 1_610_612_736 });
    expect(told).toEqual([]);
  });

  test('keeps to the default of what cannot be, and says in the log which and why', () => {
    const { found, told } = read({
      'memory.channel': '1 KiB',
      'memory.link': true,
      'memory.supervisor': '2 GiB',
      dataPath: 'fast',
      busyPoll: 1,
    });
    expect(found).toEqual({ path: 'auto', by: null, busyPoll: 'auto', limits: { ...WINDOW_LIMITS, supervisor: 2 ** 31 } });
    expect(told).toEqual([
      'setting-unusable: dataPath in ~/settings.json cannot be "fast", so auto counts. Make it auto or ssh2; then: tunnels supervisor restart',
      'setting-unusable: busyPoll in ~/settings.json cannot be "1", so auto counts. Make it auto or off; then: tunnels supervisor restart',
      'setting-unusable: memory.channel in ~/settings.json cannot be "1 KiB", so 32 MiB counts. Make it a size from 64 KiB to 1 GiB, as 32 MiB; then: tunnels supervisor restart',
      'setting-unusable: memory.link in ~/settings.json cannot be "true", so 128 MiB counts. Make it a size from 1 MiB to 64 GiB, as 128 MiB; then: tunnels supervisor restart',
    ]);
  });

  test('is without busy polling where the setting says so', () => {
    expect(read({ busyPoll: 'off' })).toMatchObject({ found: { busyPoll: 'off' }, told: [] });
  });

  test('is ssh2 where the setting or the variable says so, and the variable counts before the setting', () => {
    expect(read({ dataPath: 'ssh2' }).found).toMatchObject({ path: 'ssh2', by: 'setting' });
    expect(read(null, { TUNNELS_DATA_PATH: 'ssh2' }).found).toMatchObject({ path: 'ssh2', by: 'variable' });
    expect(read({ dataPath: 'ssh2' }, { TUNNELS_DATA_PATH: 'auto' }).found).toMatchObject({ path: 'auto', by: 'variable' });
    expect(read({ dataPath: 'ssh2' }, { TUNNELS_DATA_PATH: '' }).found).toMatchObject({ path: 'ssh2', by: 'setting' });
    const odd = read({ dataPath: 'ssh2' }, { TUNNELS_DATA_PATH: 'plain' });
    expect(odd.found).toMatchObject({ path: 'ssh2', by: 'setting' });
    expect(odd.told).toEqual([
      'setting-unusable: TUNNELS_DATA_PATH in the environment cannot be "plain", so ssh2 counts. Make it auto or ssh2; then: tunnels supervisor restart',
    ]);
  });
});
