import {
  BUSY_POLL_KEY,
  BUSY_POLL_WANTED,
  type BusyPollChoice,
  DATA_PATH_KEY,
  DATA_PATH_VARIABLE,
  DATA_PATH_WANTED,
  type DataPathChoice,
  isBusyPoll,
  isDataPath,
  limitOf,
  limitWanted,
  MEMORY_KEYS,
  WINDOW_LIMITS,
  type WindowLimits,
} from '../model/data-settings.ts';
import { printBytes } from '../model/byte-size.ts';
import { problem } from '../model/problem.ts';
import { ownSettings, settingsFile } from '../platform/own-settings.ts';
import type { Paths } from '../platform/paths.ts';
import type { Log } from './log.ts';

/** How users' bytes are to be carried. `by`: where it was said; null: nowhere. */
export type DataSettings = {
  readonly path: DataPathChoice;
  readonly by: 'setting' | 'variable' | null;
  readonly limits: WindowLimits;
  readonly busyPoll: BusyPollChoice;
};

type Given = { readonly paths: Paths; readonly env: Readonly<Record<string, string | undefined>>; readonly log: Log };

/** Read once, at the supervisor's start. What cannot be is told in the log, and the default counts: no tunnel stays down for it. */
export function readDataSettings({ paths, env, log }: Given): DataSettings {
  const own = ownSettings(paths);
  const unusable = (
    key: string,
    about: { readonly value: unknown; readonly wanted: string; readonly instead: string; readonly at: string },
  ) => log.problem(problem('setting-unusable', { key, ...about, value: String(about.value) }));

  const limit = (of: keyof WindowLimits): number => {
    const key = MEMORY_KEYS[of];
    const said = own[key];
    const bytes = said === undefined ? WINDOW_LIMITS[of] : limitOf(of, said);
    if (bytes !== null) return bytes;
    unusable(key, { value: said, wanted: limitWanted(of), instead: printBytes(WINDOW_LIMITS[of]), at: settingsFile(paths) });
    return WINDOW_LIMITS[of];
  };

  const path = (): Pick<DataSettings, 'path' | 'by'> => {
    const [variable, setting] = [env[DATA_PATH_VARIABLE] || undefined, own[DATA_PATH_KEY]];
    if (isDataPath(variable)) return { path: variable, by: 'variable' };
    const about = { wanted: DATA_PATH_WANTED, instead: isDataPath(setting) ? setting : 'auto' };
    if (variable !== undefined) unusable(DATA_PATH_VARIABLE, { ...about, value: variable, at: 'the environment' });
    if (isDataPath(setting)) return { path: setting, by: 'setting' };
    if (setting !== undefined) unusable(DATA_PATH_KEY, { ...about, value: setting, at: settingsFile(paths) });
    return { path: 'auto', by: null };
  };

  const busyPoll = (): BusyPollChoice => {
    const said = own[BUSY_POLL_KEY] ?? 'auto';
    if (isBusyPoll(said)) return said;
    unusable(BUSY_POLL_KEY, { value: said, wanted: BUSY_POLL_WANTED, instead: 'auto', at: settingsFile(paths) });
    return 'auto';
  };

  return { ...path(), busyPoll: busyPoll(), limits: { channel: limit('channel'), link: limit('link'), supervisor: limit('supervisor') } };
}
