import { readFileSync, renameSync } from 'node:fs';
import * as v from 'valibot';
import {
  BUSY_POLL_KEY,
  BUSY_POLL_WANTED,
  BUSY_POLLS,
  DATA_PATH_KEY,
  DATA_PATH_WANTED,
  DATA_PATHS,
  limitOf,
  limitWanted,
  MEMORY_KEYS,
  WINDOW_LIMITS,
  type WindowLimits,
} from '../model/data-settings.ts';
import { printBytes } from '../model/byte-size.ts';
import { nearest } from '../model/nearest.ts';
import { type Problem, problem, ProblemError } from '../model/problem.ts';
import { settingsFile } from '../platform/own-settings.ts';
import type { Paths } from '../platform/paths.ts';
import { makeFolder } from '../platform/private-dir.ts';
import { DEFAULT_INTERVAL, INTERVAL_KEY, isInterval } from '../profiles/sources/interval.ts';

const limit = (of: keyof WindowLimits) =>
  v.pipe(
    v.union([v.string(), v.number()]),
    v.check((said) => limitOf(of, said) !== null),
  );

const SHAPE = {
  wait: v.pipe(v.number(), v.minValue(0), v.maxValue(86_400)),
  color: v.picklist(['auto', 'always', 'never']),
  logLevel: v.picklist(['debug', 'info', 'warn', 'error']),
  [INTERVAL_KEY]: v.pipe(v.string(), v.check(isInterval)),
  [MEMORY_KEYS.channel]: limit('channel'),
  [MEMORY_KEYS.link]: limit('link'),
  [MEMORY_KEYS.supervisor]: limit('supervisor'),
  [DATA_PATH_KEY]: v.picklist(DATA_PATHS),
  [BUSY_POLL_KEY]: v.picklist(BUSY_POLLS),
};
const FileSchema = v.partial(v.looseObject(SHAPE));

export type Settings = { readonly [Key in keyof typeof SHAPE]: v.InferOutput<(typeof SHAPE)[Key]> };
export type SettingKey = keyof Settings;

export const DEFAULTS: Settings = {
  wait: 60,
  color: 'auto',
  logLevel: 'info',
  [INTERVAL_KEY]: DEFAULT_INTERVAL,
  [MEMORY_KEYS.channel]: printBytes(WINDOW_LIMITS.channel),
  [MEMORY_KEYS.link]: printBytes(WINDOW_LIMITS.link),
  [MEMORY_KEYS.supervisor]: printBytes(WINDOW_LIMITS.supervisor),
  [DATA_PATH_KEY]: 'auto',
  [BUSY_POLL_KEY]: 'auto',
};

/** `atStart`: the supervisor reads it when it starts. */
type SettingWords = { readonly wanted: string; readonly does: string; readonly atStart?: true };
/** What each setting may be and does, in words. */
export const SETTING_WORDS: Readonly<Record<SettingKey, SettingWords>> = {
  wait: { wanted: 'seconds, 0 to 86400', does: 'how long `up` waits' },
  color: { wanted: 'auto, always or never', does: 'colours on a terminal, always or never' },
  logLevel: { wanted: 'debug, info, warn or error', does: 'how much the supervisor logs', atStart: true },
  [INTERVAL_KEY]: { wanted: 'at least a minute, as 30m or 1h, or 0 for never', does: "how often the team's sources are fetched" },
  [MEMORY_KEYS.channel]: { wanted: limitWanted('channel'), does: 'what one connection may have on its way to us', atStart: true },
  [MEMORY_KEYS.link]: { wanted: limitWanted('link'), does: 'the same of all over one SSH connection', atStart: true },
  [MEMORY_KEYS.supervisor]: { wanted: limitWanted('supervisor'), does: 'the same of all together', atStart: true },
  [DATA_PATH_KEY]: { wanted: DATA_PATH_WANTED, does: 'how bytes are carried; ssh2: slower, if auto does not work', atStart: true },
  [BUSY_POLL_KEY]: { wanted: BUSY_POLL_WANTED, does: 'whether quick answers are waited for without sleep', atStart: true },
};
export const SETTING_KEYS = Object.keys(SHAPE) as readonly SettingKey[];

/** The settings with defaults for what is not set, and what the file itself says. */
export type ReadSettings = { readonly settings: Settings; readonly own: Partial<Settings> };

/**
 * Reads the file without `conf`, which costs more than most commands, and changes nothing.
 * A file that cannot be understood counts as empty here; whoever needs more than colours calls `loadSettings`.
 */
export function readSettings(paths: Paths): ReadSettings {
  const own = parsed(settingsFile(paths)) ?? {};
  return { settings: { ...DEFAULTS, ...own }, own };
}

/** As `readSettings`; a file that cannot be understood is kept under another name, and `aside` says so. */
export function loadSettings(paths: Paths): ReadSettings & { readonly aside: Problem | null } {
  const aside = setAsideIfTorn(settingsFile(paths));
  return { ...readSettings(paths), aside };
}

/** Changes one setting, or with undefined puts it back to its default. A file that cannot be understood is kept aside first. */
export async function writeSetting(
  paths: Paths,
  { key, value }: { readonly key: SettingKey; readonly value: unknown },
): Promise<Problem | null> {
  const aside = setAsideIfTorn(settingsFile(paths));
  const { default: Conf } = await import('conf');
  try {
    makeFolder(paths.config);
    const store = new Conf({ cwd: paths.config, configName: 'settings', accessPropertiesByDotNotation: false, configFileMode: 0o600 });
    if (value === undefined) store.delete(key);
    else store.set(key, value);
  } catch (error) {
    throw new ProblemError(problem('state-unwritable', { path: settingsFile(paths), code: codeOf(error) }), { cause: error });
  }
  return aside;
}

/** Throws `setting-unknown` with the nearest key. */
export function settingKey(text: string): SettingKey {
  const key = SETTING_KEYS.find((known) => known === text);
  if (key !== undefined) return key;
  throw new ProblemError(problem('setting-unknown', { key: text, nearest: nearest(text, SETTING_KEYS), known: SETTING_KEYS.join(', ') }));
}

/** What to do for a change to take effect; nothing where it does at once. */
export const whenItCounts = (key: SettingKey): string =>
  SETTING_WORDS[key].atStart === true ? ' It counts from the next start of the supervisor on: tunnels supervisor restart' : '';

/** The value of what was typed; throws `setting-invalid`. */
export function settingValue(key: SettingKey, text: string): unknown {
  const value = key === 'wait' && text.trim() !== '' ? Number(text) : text;
  const result = v.safeParse(SHAPE[key], value);
  if (result.success) return result.output;
  throw new ProblemError(problem('setting-invalid', { key, value: text, wanted: SETTING_WORDS[key].wanted }));
}

/** Null: the file is there and is no settings file. */
function parsed(file: string): Partial<Settings> | null {
  const text = textOf(file);
  if (text === null) return {};
  try {
    const document: unknown = JSON.parse(text);
    const result = v.safeParse(FileSchema, document);
    return result.success && !Array.isArray(document) ? known(result.output) : null;
  } catch {
    return null;
  }
}

/** Null where there is no file, or none that may be read; writing will say why. */
function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

const known = (all: object): Partial<Settings> =>
  Object.fromEntries(Object.entries(all).filter(([key]) => (SETTING_KEYS as readonly string[]).includes(key)));

function setAsideIfTorn(file: string): Problem | null {
  if (parsed(file) !== null) return null;
  const aside = file.replace(/\.json$/, `.aside-${Date.now()}.json`);
  try {
    renameSync(file, aside);
  } catch (error) {
    throw new ProblemError(problem('state-unwritable', { path: file, code: codeOf(error) }), { cause: error });
  }
  return problem('state-set-aside', { path: file, aside });
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown error');
