import { dirname, join } from 'node:path';
import * as v from 'valibot';
import type { Problem } from '../model/problem.ts';
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
export type Approval = Approved & { readonly profile: Asked; readonly sha256: string };

/** By approvalKey. */
const HashesSchema = v.record(v.string(), v.object({ sha256: v.string() }));
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

/** As `change`. */
export const approve = (paths: Paths, approvals: readonly Approval[]): Promise<readonly Problem[]> =>
  change(paths, {
    hashes: (kept) => ({ ...kept, ...entriesOf(approvals, ({ sha256 }) => ({ sha256 })) }),
    documents: (kept) => ({ ...kept, ...entriesOf(approvals, ({ sha256, document, standIns }) => ({ sha256, document, standIns })) }),
  });

const entriesOf = <T>(approvals: readonly Approval[], of: (approval: Approval) => T): Record<string, T> =>
  Object.fromEntries(approvals.map((approval) => [approvalKey(approval.profile), of(approval)]));

/** As `change`. What signatures vouch for is not used any more either. */
export function disapprove(paths: Paths, profiles: readonly Asked[]): Promise<readonly Problem[]> {
  const keys = new Set(profiles.map(approvalKey));
  const refused = profiles.filter(({ source }) => source.team?.signed === true).map((one) => [approvalKey(one), { sha256: REFUSED }]);
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
type To = { readonly hashes: (kept: Hashes) => Hashes; readonly documents: (kept: Documents) => Documents };

/** Throws `state-unwritable`, `source-busy`. Gives `state-set-aside` for each file that could not be understood and is kept under another name. */
const change = (paths: Paths, to: To): Promise<readonly Problem[]> =>
  withLock({ path: join(paths.state, 'approvals.lock'), name: 'approvals.json', patient: true }, async () => {
    // The documents first: after a crash in between, what is approved is what it was, and only the difference is not known.
    const documents = await writeKept(documentsIn(paths), to.documents(readKept(documentsIn(paths)).value));
    const hashes = await writeKept(hashesIn(paths), to.hashes(readKept(hashesIn(paths)).value));
    return [documents, hashes].filter((problem) => problem !== null);
  });
