import type { Draft } from './draft.ts';
import { told } from './imported.ts';
import type { Setting } from './setting.ts';

/** `keepalive` of ServerAliveInterval and ServerAliveCountMax; null where neither is said. */
export function keepaliveOf(draft: Draft): Record<string, unknown> | null {
  const interval = intervalOf(draft);
  const countMax = countOf(draft);
  if (interval === null && countMax === null) return null;
  return { ...(interval === null ? {} : { interval }), ...(countMax === null ? {} : { countMax }) };
}

/** A profile takes at most a week. */
const LONGEST = 7 * 24 * 3600;

function intervalOf(draft: Draft): string | null {
  const said = draft.own('serveraliveinterval');
  if (said === null) return null;
  const seconds = secondsOf(said.value);
  if (seconds === 0) return leave(draft, said, 'keepalive-off');
  return seconds === null || seconds > LONGEST ? leave(draft, said, 'keepalive-range') : `${seconds}s`;
}

function countOf(draft: Draft): number | null {
  const said = draft.own('serveralivecountmax');
  if (said === null) return null;
  const count = /^\d{1,4}$/.test(said.value) ? Number(said.value) : 0;
  return count >= 1 && count <= 1000 ? count : leave(draft, said, 'keepalive-range');
}

function leave(draft: Draft, said: Setting, code: 'keepalive-off' | 'keepalive-range'): null {
  draft.notes.push(told(said.at, code, { what: said.shown }));
  return null;
}

/** Seconds of a time as sshd_config(5) writes it, `90` or `1m30s`; null: it is none. */
export function secondsOf(text: string): number | null {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (!/^(\d{1,6}[smhdw])+$/i.test(text)) return null;
  return [...text.matchAll(/(\d+)([smhdw])/gi)].reduce(
    (sum, [, count, unit = 's']) => sum + Number(count) * (UNIT[unit.toLowerCase()] ?? 1),
    0,
  );
}

const UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
