import { type Remark, remark, type RemarkCode, type RemarkFacts, wordsOfRemark } from '../../model/remark.ts';
import type { Result } from '../../model/result.ts';
import type { Spot } from '../compose/part.ts';
import { printSpot } from '../file-error.ts';

/** A remark and the place in a file that it is about; null: a command line has no places. */
export type Told = { readonly at: Spot | null; readonly remark: Remark };

/** One tunnel of the source, as the document of a profile that has not been checked yet. */
export type Imported = {
  /** What the profile is to be called where nobody says otherwise; not checked. */
  readonly name: string;
  readonly document: Readonly<Record<string, unknown>>;
  /** Where it stands in the source's file. */
  readonly at: Spot | null;
  /** What the source has and the profile has not. */
  readonly notes: readonly Told[];
};

/** All that a source has, or all that is wrong with it. */
export type Import = Result<readonly Imported[], readonly Told[]>;

/** What `./` and `~/` mean. */
export type Directories = { readonly cwd: string; readonly home: string };

export const told = <Code extends RemarkCode>(at: Spot | null, code: Code, facts: RemarkFacts[Code]): Told => ({
  at,
  remark: remark(code, facts),
});

export const printTold = ({ at, remark: said }: Told): string => (at === null ? '' : `${printSpot(at)} `) + wordsOfRemark(said);
