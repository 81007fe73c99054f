import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { type Problem, problem, ProblemError } from '../model/problem.ts';
import type { StandIns } from '../model/stand-ins.ts';
import type { Paths } from '../platform/paths.ts';
import type { FoundProfile } from '../profiles/find-profiles.ts';
import { approvalKey, sourceKey } from '../profiles/source.ts';
import type { TeamSource } from '../profiles/sources/source-list.ts';
import { type Kind, readKept, writeKept } from '../profiles/sources/state/kept.ts';
import { withLock } from '../profiles/sources/state/lock.ts';

type Asked = Pick<FoundProfile, 'file' | 'source'>;

/** What profiles said when they were approved, to show what has changed since; `standIns`: for values that were missing then. */
export type Approved = { readonly document: unknown; readonly standIns: StandIns };

/** What a person approves: the SHA-256 (hex) of all files that were read, and what they said. */
export type Approval = Approved & { readonly profile: Asked & Pick<FoundProfile, 'name'>; readonly sha256: string };

/** By approvalKey. `act`: which command wrote it, so that trust which was taken and given again is told from what stayed. */
const HashesSchema = v.record(v.string(), v.object({ sha256: v.string(), act: v.exactOptional(v.string()) }));
const DocumentsSchema = v.record(
  v.string(),
  v.object({ sha256: v.string(), document: v.unknown(), standIns: v.exactOptional(v.record(v.string(), v.string())) }),
);

/** In place of a hash: not trusted, whoever vouches for it. */
const REFUSED = '';

const hashesIn = ({ state }: Paths): Kind<typeof HashesSchema> => ({
  path: join(state, 'approvals.json'),
  schema: HashesSchema,
  empty: {},
});

/** Apart from the hashes, which every command reads. */
const documentsIn = ({ state }: Paths): Kind<typeof DocumentsSchema> => ({
  path: join(state, 'approved-documents.json'),
  schema: DocumentsSchema,
  empty: {},
});

export type IsTrusted = (profile: Asked, sha256: string) => boolean;

/**
 * Whether profiles may be used as they are now: the user's own, those of a source that was added with the keys of its
 * signers, and those that were approved with this very hash. A file of approvals that cannot be understood approves nothing.
 */
export function readTrust(paths: Paths): IsTrusted {
  const read: { hashes?: ReadonlyMap<string, { readonly sha256: string }> | null } = {};
  const hashes = (): ReadonlyMap<string, { readonly sha256: string }> | null => {
    if (read.hashes === undefined) {
      const { value, torn } = readKept(hashesIn(paths));
      read.hashes = torn ? null : new Map(Object.entries(value));
    }
    return read.hashes;
  };
  return (profile, sha256) => {
    const { source } = profile;
    if (!source.needsTrust) return true;
    const known = hashes();
    const approved = known?.get(approvalKey(profile))?.sha256;
    // Of a torn file nobody knows what was refused.
    return approved === sha256 || (source.team?.signed === true && known !== null && approved !== REFUSED);
  };
}

/** What was approved the last time, whatever the files say now; null: nothing, or that is not known any more. */
export function readApproved(paths: Paths): (profile: Asked) => Approved | null {
  const hashes = new Map(Object.entries(readKept(hashesIn(paths)).value));
  const documents = new Map(Object.entries(readKept(documentsIn(paths)).value));
  return (profile) => {
    const key = approvalKey(profile);
    const kept = documents.get(key);
    return kept !== undefined && kept.sha256 === hashes.get(key)?.sha256
      ? { document: kept.document, standIns: kept.standIns ?? {} }
      : null;
  };
}

/** What was approved and taken back at one moment: to be read before profiles are, and shown. */
export type Standing = { readonly hashes: Hashes };
export const readStanding = (paths: Paths): Standing => ({ hashes: readKept(hashesIn(paths)).value });

/**
 * As `change`. Throws `trust-overtaken`, with nothing written, where trust in one of them was given or taken since `seen`: whoever
 * said yes knew nothing of it.
 */
export function approve(paths: Paths, approvals: readonly Approval[], seen: Standing): Promise<readonly Problem[]> {
  const act = randomUUID();
  return change(paths, {
    check: (kept) => refuseOvertaken(approvals, { seen: seen.hashes, kept }),
    hashes: (kept) => ({ ...kept, ...entriesOf(approvals, ({ sha256 }) => ({ sha256, act })) }),
    documents: (kept) => ({ ...kept, ...entriesOf(approvals, ({ sha256, document, standIns }) => ({ sha256, document, standIns })) }),
  });
}

function refuseOvertaken(approvals: readonly Approval[], { seen, kept }: { readonly seen: Hashes; readonly kept: Hashes }): void {
  const overtaken = approvals.filter(({ profile, sha256 }) => {
    const [was, is] = [seen[approvalKey(profile)], kept[approvalKey(profile)]];
    return is?.sha256 !== sha256 && (is?.sha256 !== was?.sha256 || is?.act !== was?.act);
  });
  if (overtaken.length > 0)
    throw new ProblemError(problem('trust-overtaken', { names: overtaken.map(({ profile }) => profile.name).join(' ') }));
}

const entriesOf = <T>(approvals: readonly Approval[], of: (approval: Approval) => T): Record<string, T> =>
  Object.fromEntries(approvals.map((approval) => [approvalKey(approval.profile), of(approval)]));

/** As `change`. What signatures vouch for is not used any more either. */
export function disapprove(paths: Paths, profiles: readonly Asked[]): Promise<readonly Problem[]> {
  const [keys, act] = [new Set(profiles.map(approvalKey)), randomUUID()];
  // Also of what nobody had approved: somebody may be looking at it now, and would approve it later.
  const refused = profiles.filter(({ source }) => source.needsTrust).map((one) => [approvalKey(one), { sha256: REFUSED, act }]);
  return change(paths, {
    hashes: (kept) => ({ ...without(kept, keys), ...(Object.fromEntries(refused) as Hashes) }),
    documents: (kept) => without(kept, keys),
  });
}

/** As `change`: nothing is left of a source, of whichever state, and of what it has no more. */
export const forgetSource = (paths: Paths, source: TeamSource): Promise<readonly Problem[]> =>
  change(paths, {
    hashes: (kept) => without(kept, keysOf(kept, source)),
    documents: (kept) => without(kept, keysOf(kept, source)),
  });

const keysOf = (kept: object, { name, spec }: TeamSource): ReadonlySet<string> =>
  new Set(
    Object.keys(kept).filter((key) => (spec.kind === 'folder' ? dirname(key) === spec.directory : key.startsWith(sourceKey({ name }, '')))),
  );

const without = <T>(kept: Readonly<Record<string, T>>, keys: ReadonlySet<string>): Record<string, T> =>
  Object.fromEntries(Object.entries(kept).filter(([key]) => !keys.has(key)));

type Hashes = v.InferOutput<typeof HashesSchema>;
type Documents = v.InferOutput<typeof DocumentsSchema>;
type To = {
  /** Throws where what is there forbids the change. */
  readonly check?: (kept: Hashes) => void;
  readonly hashes: (kept: Hashes) => Hashes;
  readonly documents: (kept: Documents) => Documents;
};

/** Throws `state-unwritable`, `source-busy`. Gives `state-set-aside` for each file that could not be understood and is kept under another name. */
const change = (paths: Paths, to: To): Promise<readonly Problem[]> =>
  withLock({ path: join(paths.state, 'approvals.lock'), name: 'approvals.json', patient: true }, async () => {
    to.check?.(readKept(hashesIn(paths)).value);
    // The documents first: after a crash in between, what is approved is what it was, and only the difference is not known.
    const documents = await writeKept(documentsIn(paths), to.documents(readKept(documentsIn(paths)).value));
    const hashes = await writeKept(hashesIn(paths), to.hashes(readKept(hashesIn(paths)).value));
    return [documents, hashes].filter((problem) => problem !== null);
  });
