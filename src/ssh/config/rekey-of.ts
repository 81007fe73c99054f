import type { HopOptions } from '../hop-options.ts';
import { configInvalid } from './config-invalid.ts';
import { type Asked, secondsOf } from './read-value.ts';

/** RekeyLimit: bytes with K, M or G, then a time; `default` and `none` are no limit of its own. `ssh -G` prints `0 0` for that. */
export function rekeyOf(asked: Asked): HopOptions['rekey'] {
  const text = asked.answer.get('rekeylimit')?.[0];
  const [amount = 'default', time = 'none', ...rest] = text?.split(/\s+/) ?? [];
  const bytes = amount.toLowerCase() === 'default' ? 0 : bytesOf(amount);
  const seconds = time.toLowerCase() === 'none' ? 0 : secondsOf(time);
  if (bytes === null || seconds === null || rest.length > 0)
    throw configInvalid(asked.hop, `its RekeyLimit is ${text}, which is not a limit.`);
  return { bytes: bytes === 0 ? null : bytes, seconds: seconds === 0 ? null : seconds };
}

function bytesOf(text: string): number | null {
  const match = /^(\d{1,15})([KMG]?)$/i.exec(text);
  return match?.[1] === undefined ? null : Number(match[1]) * 1024 ** ['', 'K', 'M', 'G'].indexOf((match[2] ?? '').toUpperCase());
}
