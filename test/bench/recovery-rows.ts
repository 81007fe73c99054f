import { median } from './measure.ts';
import type { Taken } from './recovery-measures.ts';
import * as situations from './recovery-situations.ts';
import type { Situation } from './recovery-situations.ts';

export type Row = {
  readonly situation: Situation;
  readonly rounds: number;
  /** 0: it has nothing of the kind. */
  readonly autosshRounds: number;
  readonly asked: string;
  readonly met: (taken: readonly Taken[]) => boolean;
};

const few = (name: string, otherwise: number): number => Math.min(otherwise, Number(process.env[name] ?? Number.POSITIVE_INFINITY));

/** autossh takes minutes for the long ones, and what it takes differs by seconds only. */
const row = (situation: Situation, { asked, met, autosshRounds }: Omit<Row, 'situation' | 'rounds'>): Row => ({
  situation,
  asked,
  met,
  rounds: few('ROUNDS', 10),
  autosshRounds: few('AUTOSSH_ROUNDS', autosshRounds),
});

const all = (taken: readonly Taken[], what: keyof Taken): number[] => taken.flatMap((each) => each[what] ?? []);
const within = (ms: number, what: 'ms' | 'afterDialMs' = 'ms') => ({
  met: (taken: readonly Taken[]): boolean => median(all(taken, what)) <= ms,
});

const soon = (taken: readonly Taken[]): boolean => {
  const afterDial = all(taken, 'afterDialMs');
  return within(2_000).met(taken) && (afterDial.length === 0 || median(afterDial) <= 300);
};
const OUTAGE = { asked: 'under 2 s, and 300 ms from the answered dial', met: soon };

const FORETOLD = {
  asked: 'the announced time right within 10 %',
  met: (taken: readonly Taken[]): boolean =>
    all(taken, 'offPercent').length > 0 && all(taken, 'offPercent').every((percent) => Math.abs(percent) <= 10),
};

export const ROWS: readonly Row[] = [
  row(situations.outage(2, 'shell'), { ...OUTAGE, autosshRounds: 10 }),
  row(situations.outage(2, 'no shell'), { ...OUTAGE, autosshRounds: 0 }),
  row(situations.outage(10, 'shell'), { ...OUTAGE, autosshRounds: 10 }),
  row(situations.outage(10, 'no shell'), { ...OUTAGE, autosshRounds: 0 }),
  row(situations.outage(45, 'shell'), { ...OUTAGE, autosshRounds: 5 }),
  row(situations.outage(45, 'no shell'), { ...OUTAGE, autosshRounds: 0 }),
  row(situations.outage(130, 'shell'), { ...OUTAGE, autosshRounds: 4 }),
  row(situations.outage(130, 'no shell'), { ...OUTAGE, autosshRounds: 0 }),
  row(situations.natFlushed, { asked: 'under 2 s', ...within(2_000), autosshRounds: 3 }),
  row(situations.addressChanged, { asked: 'under 2 s from the new login on', ...within(2_000, 'afterDialMs'), autosshRounds: 3 }),
  row(situations.supervisorKilled, { asked: 'under 3 s', ...within(3_000), autosshRounds: 0 }),
  row(situations.deadMansSwitch, {
    asked: '6 s at the latest',
    met: (taken) => Math.max(...all(taken, 'ms')) <= 6_000,
    autosshRounds: 0,
  }),
  row(situations.waitedFor, { ...FORETOLD, autosshRounds: 3 }),
  row(situations.waitedForUnseen, { ...FORETOLD, autosshRounds: 0 }),
  row(situations.fallenBack, { asked: 'at once (under 2 s)', ...within(2_000), autosshRounds: 0 }),
];
