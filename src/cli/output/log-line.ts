import type { LogLine } from '../../api/contract.ts';
import type { Ink } from './screen.ts';

/** Time (UTC, as in the log), level where it matters, tunnel, what happened. */
export function logLine({ time, level, tunnel, text }: LogLine, ink: Ink): string {
  return [ink.dim(time), LEVEL_INK[level](ink)(level.padEnd(5)), ...(tunnel === null ? [] : [ink.bold(tunnel)]), text].join(' ');
}

const LEVEL_INK: Record<LogLine['level'], (ink: Ink) => (text: string) => string> = {
  debug: (ink) => ink.dim,
  info: (ink) => ink.green,
  warn: (ink) => ink.yellow,
  error: (ink) => ink.red,
};
