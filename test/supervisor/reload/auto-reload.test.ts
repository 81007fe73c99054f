import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ReloadReport } from '../../../src/model/profile-change.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { AutoReload } from '../../../src/supervisor/reload/auto-reload.ts';
import { until } from '../../support/until.ts';
import { memoryLog } from '../memory-log.ts';

const nothing: ReloadReport = { schemaVersion: 1, tunnels: [] };

async function watching({ link = false } = {}) {
  const home = mkdtempSync(join(tmpdir(), 'tunnels-watch-'));
  const at = { config: join(home, 'config'), profiles: join(home, 'profiles'), elsewhere: join(home, 'elsewhere') };
  for (const folder of Object.values(at)) mkdirSync(folder);
  const file = join(at.profiles, 'db.yaml');
  if (link) symlinkSync(join(at.elsewhere, 'db.yaml'), file);
  writeFileSync(file, 'a: 1\n');
  const state = { runs: 0, report: nothing as ReloadReport | null };
  const log = memoryLog();
  const reload = async () => {
    state.runs += 1;
    return state.report;
  };
  const auto = new AutoReload({ clock: systemClock, log, files: () => [file, 'command line'], config: at.config, reload });
  onTestFinished(() => {
    auto.end();
    rmSync(home, { recursive: true, force: true });
  });
  auto.look();
  await new Promise((resolve) => setImmediate(resolve));
  /** What was done has been noticed, and the watches were made anew. */
  const runs = (count: number) => until(() => state.runs >= count, { what: `run ${count}` });
  return { ...at, home, file, state, log, auto, runs };
}

describe('profiles are read anew', () => {
  test('when a file is written, replaced, or comes to lie beside it', async () => {
    const { file, profiles, runs } = await watching();
    writeFileSync(file, 'a: 2\n');
    await runs(1);
    writeFileSync(`${file}.new`, 'a: 3\n');
    renameSync(`${file}.new`, file);
    await runs(2);
    writeFileSync(join(profiles, '_defaults.yaml'), '');
    await runs(3);
  });

  test('when its folder is replaced by another one, and when a file of that changes', async () => {
    const { profiles, home, file, runs, state } = await watching();
    renameSync(profiles, join(home, 'old'));
    await runs(1);
    mkdirSync(profiles);
    writeFileSync(file, 'a: 2\n');
    await runs(2);
    const { runs: before } = state;
    // The watch of the new folder is made before its files are read.
    writeFileSync(file, 'a: 3\n');
    await runs(before + 1);
  });

  test('where it is a link, when the file behind it changes', async () => {
    const { elsewhere, runs } = await watching({ link: true });
    writeFileSync(join(elsewhere, 'db.yaml'), 'a: 2\n');
    await runs(1);
  });

  test('when one’s own changes change, and not for other files beside them', async () => {
    const { config, runs, state } = await watching();
    writeFileSync(join(config, 'wanted.json'), '{}');
    writeFileSync(join(config, 'overrides.yaml'), '');
    await runs(1);
    expect(state.runs).toBe(1);
  });
});

test('a mistake is told once in the log, and again after it was corrected', async () => {
  const { file, state, log, runs } = await watching();
  const wrong = { name: 'db', change: null, problem: { code: 'profile-invalid', text: 'db.yaml:1:1 wrong', next: 'Correct it.' } };
  const told = () => log.recent().filter(({ event }) => event === 'profile-invalid').length;
  const reports = [[wrong], [wrong], [{ ...wrong, problem: null }], [wrong]];
  const counts: number[] = [];
  for (const [index, tunnels] of reports.entries()) {
    state.report = { schemaVersion: 1, tunnels };
    writeFileSync(file, `a: ${index}\n`);
    await runs(index + 1);
    await new Promise((resolve) => setImmediate(resolve));
    counts.push(told());
  }
  expect(counts).toEqual([1, 1, 1, 2]);
});

test('nothing is read any more once it has ended', async () => {
  const { file, auto, state } = await watching();
  const other = await watching();
  writeFileSync(file, 'a: 2\n');
  auto.end();
  writeFileSync(other.file, 'a: 2\n');
  await other.runs(1);
  expect(state.runs).toBe(0);
});
