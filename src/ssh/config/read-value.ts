import type { Hop } from '../../model/profile.ts';
import type { Answer } from './answer.ts';
import { configInvalid } from './config-invalid.ts';

export type Asked = { readonly hop: Hop; readonly answer: Answer };

/** The value of a keyword that is there once; null: ssh_config says nothing, or `none`. */
export function textOf({ answer }: Asked, key: string): string | null {
  const text = answer.get(key)?.[0];
  return text === undefined || text.toLowerCase() === 'none' ? null : text;
}

/** One of several words. Throws `ssh-config-invalid` at any other; `ssh -G` prints none, but a file may have one. */
export function wordOf<Word extends string>(asked: Asked, name: string, words: Readonly<Record<string, Word>>): Word | null {
  const text = asked.answer.get(name.toLowerCase())?.[0];
  if (text === undefined) return null;
  const key = text.toLowerCase();
  if (Object.hasOwn(words, key)) return words[key] ?? null;
  throw configInvalid(asked.hop, `its ${name} is ${text}, which is none of ${Object.keys(words).join(', ')}.`);
}

/** yes or no. */
export const isOn = (asked: Asked, name: string, otherwise: boolean): boolean => (wordOf(asked, name, YES_NO) ?? word(otherwise)) === 'yes';

export const YES_NO = { yes: 'yes', true: 'yes', no: 'no', false: 'no' } as const;
const word = (on: boolean): 'yes' | 'no' => (on ? 'yes' : 'no');

/** A whole number of 0 or more. */
export function numberOf(asked: Asked, name: string, otherwise: number): number {
  const text = asked.answer.get(name.toLowerCase())?.[0];
  if (text === undefined) return otherwise;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw configInvalid(asked.hop, `its ${name} is ${text}, which is not a number.`);
}

/** Seconds of a time as sshd_config(5) writes it, such as `90`, `1h30m`; null: it is none. */
export function secondsOf(text: string): number | null {
  if (!/^(\d{1,9}[smhdw]?)+$/i.test(text)) return null;
  return [...text.matchAll(/(\d+)([smhdw]?)/gi)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (SECONDS[unit.toLowerCase()] ?? 1),
    0,
  );
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
