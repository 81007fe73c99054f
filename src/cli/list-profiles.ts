import { join } from 'node:path';
import { homeDirectory } from '../platform/paths.ts';
import { VERSION } from '../platform/version.ts';
import { createReader } from '../profiles/compose/reader.ts';
import type { FoundProfile } from '../profiles/find-profiles.ts';
import { NO_OVERLAY, type Overlay } from '../profiles/overlay/overlay.ts';
import { readOverlay } from '../profiles/overlay/read-overlay.ts';
import { basisOf, readSummaries, writeSummaries } from '../profiles/summary/summaries.ts';
import { summarize, type Summarized } from '../profiles/summary/summarize.ts';
import { type IsTrusted, readTrust } from './approvals.ts';
import type { Context } from './command.ts';

export type ListedProfile = Summarized & { readonly trusted: boolean };

/** What a list shows of profiles, without a second look at what has not changed. */
export async function listProfiles(found: readonly FoundProfile[], context: Context): Promise<readonly ListedProfile[]> {
  const own = await readOverlay(context.paths.config);
  const all = await summaries(found, { context, overlay: own.ok ? own.value : NO_OVERLAY });
  const isTrusted = readTrust(context.paths);
  return all.map((profile) => ({
    ...profile,
    // As when they are loaded: while the person's own changes cannot be read, nothing is used.
    ...(!own.ok && { summary: null, errors: [...profile.errors, ...own.error] }),
    trusted: mayBeUsed(profile, isTrusted),
  }));
}

const mayBeUsed = ({ summary, ...profile }: Summarized, isTrusted: IsTrusted): boolean =>
  !profile.source.needsTrust || (summary !== null && isTrusted(profile, summary.sha256));

/** Fewer are understood sooner than a file of summaries is read. */
const WORTH_KEEPING = 50;

type Given = { readonly context: Context; readonly overlay: Overlay };

async function summaries(found: readonly FoundProfile[], { context: { env, paths }, overlay }: Given): Promise<readonly Summarized[]> {
  const given = { home: homeDirectory(env), overlay, read: createReader() };
  if (found.length < WORTH_KEEPING) return (await summarize(found, { ...given, known: new Map() })).all;
  const file = join(paths.state, 'profile-summaries.json');
  const basis = basisOf([VERSION, given.home, overlay.sha256]);
  const known = readSummaries(file, basis);
  const { all, fresh } = await summarize(found, { ...given, known });
  if (fresh.size > 0) writeSummaries(file, { basis, summaries: new Map([...known, ...fresh]) });
  return all;
}
